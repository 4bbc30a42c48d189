import { expect, test } from 'vitest';
import { worstFirst, type SeenCluster } from './worst-first.ts';

type Grade = NonNullable<SeenCluster['told']>['grade'];

const told = (name: string, grade: Grade, lastSeen: string | null, complete = false): SeenCluster => ({
  name,
  isAsked: false,
  problem: null,
  told: { uid: null, lastSeen, grade, complete, words: '', silent: [], lastReport: null, feed: null },
});
const untold = (name: string, problem: string | null): SeenCluster => ({
  name,
  isAsked: false,
  problem,
  told: null,
});

const NOON = '2026-11-26T12:00:00Z';
const ONE = '2026-11-26T13:00:00.5Z';

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
    untold('not known there', null),
  ];
  for (const clusters of [worst, worst.toReversed()])
    expect(worstFirst(clusters).map(({ name }) => name)).toEqual(worst.map(({ name }) => name));
});
