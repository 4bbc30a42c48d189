import { expect, test } from 'vitest';
import { worstFirst, type SeenCluster } from './worst-first.ts';

const NOON = '2026-11-26T12:00:00Z';
const ONE = '2026-11-26T13:00:00.5Z';

type Grade = NonNullable<SeenCluster['told']>['grade'];

const told = (name: string, grade: Grade, lastSeen: string | null, complete = false): SeenCluster => ({
  name,
  isAsked: false,
  problem: null,
  told: {
    uid: null,
    sameAs: [],
    lastSeen,
    grade,
    complete,
    words: '',
    silent: [],
    lastReport: null,
    twoClusters: null,
    late: null,
    feed: null,
  },
});
/** As a hub has it. */
const fed = (
  name: string,
  state: 'heard' | 'away' | 'another log',
  missing: readonly number[] = [],
): SeenCluster => {
  const cluster = told(name, 'proven', ONE, true);
  const feed = {
    cell: '',
    api: '',
    heard: null,
    state,
    logged: 9,
    missing: missing.map((from) => ({ from, to: from })),
    words: '',
  };
  return { ...cluster, told: { ...cluster.told!, feed } };
};
const untold = (name: string, problem: string): SeenCluster => ({
  name,
  isAsked: false,
  problem,
  told: null,
});

test('clusters stand by how bad their evidence is, then by how long ago they were seen, then by name', () => {
  const worst = [
    untold('away', 'It cannot be looked at now'),
    told('none yet', null, null),
    told('not known', 'not known', NOON),
    told('b, seen before', 'gaps', NOON),
    told('a, seen after', 'gaps', ONE),
    told('proven, in doubt', 'proven', NOON),
    told('quiet', 'no gap seen', NOON, true),
    told('proven', 'proven', NOON, true),
    told('proven too', 'proven', NOON, true),
  ];
  for (const clusters of [worst, worst.toReversed()])
    expect(worstFirst(clusters).map(({ name }) => name)).toEqual(worst.map(({ name }) => name));
});

test('a name under which two clusters tell their changes stands before all that can be looked at', () => {
  const two = told('two', 'proven', ONE);
  const clusters = [
    untold('away', 'It cannot be looked at now'),
    { ...two, told: { ...two.told!, twoClusters: { since: NOON, words: 'Two clusters' } } },
    fed('another log', 'another log'),
    told('not known', 'not known', NOON),
  ];
  expect(worstFirst(clusters.toReversed())).toEqual(clusters);
});

test('a cluster of whose last report gaps were found later stands before those of which none were', () => {
  const quiet = told('quiet', 'no gap seen', ONE, true);
  const late = (opened: string[]) => ({
    events: 0,
    derivedAnew: 0,
    flows: 0,
    deliveries: 1,
    opened,
    words: '',
  });
  const proven = (name: string, opened: string[]): SeenCluster => {
    const cluster = told(name, 'proven', ONE, true);
    return { ...cluster, told: { ...cluster.told!, late: late(opened) } };
  };
  const clusters = [proven('whole', []), quiet, proven('opened', ['b.log was silent.'])];
  expect(worstFirst(clusters).map(({ name }) => name)).toEqual(['opened', 'quiet', 'whole']);
});

test('in a hub a log that is another one stands first, and what has not come is in doubt', () => {
  const clusters = [
    fed('whole', 'heard'),
    told('gaps', 'gaps', NOON),
    fed('lacking', 'heard', [3]),
    fed('away', 'away'),
    fed('forked', 'another log'),
  ];
  expect(worstFirst(clusters).map(({ name }) => name)).toEqual([
    'forked',
    'gaps',
    'away',
    'lacking',
    'whole',
  ]);
});
