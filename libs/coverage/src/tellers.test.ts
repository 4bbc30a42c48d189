import { expect, test } from 'vitest';
import { isShown, standingAt, tellerMarks, tellerOf, whoseOf, type TellerFact } from './tellers.ts';

const log = 'audit.log@0123456789abcdef';

test.each([
  ['a log, whatever rotation made of its name', `${log}#2`, `${log}@r`],
  ['what an API server posts', 'webhook:kube-1', 'webhook:kube-1@r'],
  ['a partition of a topic', 'topic:audit/0', 'topic:audit/0@r'],
  ['all kinds of a watch together', 'watch/pods@margay-0', 'watch@r'],
  ['lists with it', 'listed/networkpolicies.networking.k8s.io@1764165600000000', 'watch@r'],
  ['settings with it', 'settings/kube-system/cilium-config@margay-0', 'watch@r'],
  ['what canaries tell with it', 'canary/5f0c1a2b3d4e', 'watch@r'],
])('who tells is the reader and his source: %s', (_, source, teller) => {
  expect(tellerOf('r', source)).toBe(teller);
});

/** `webhook:kube-1` told first, and is of the cluster `1`. */
const FIRST: readonly TellerFact[] = [
  { what: 'first', teller: 'webhook:kube-1@x' },
  { what: 'ours', teller: 'webhook:kube-1@x', at: 1 },
  { what: 'is', uid: '1', at: 1 },
];
const tells = (teller: string): TellerFact => ({ what: 'tells', teller, source: 'topic:a/0', at: 10 });
const says = (uid: string, at: number, more: { readonly since?: number } = {}): TellerFact => ({
  what: 'says',
  teller: 't@y',
  uid,
  at,
  ...more,
});
const ours = (at: number): TellerFact => ({ what: 'ours', teller: 't@y', at });
const MINUTE = 60_000_000;
const DAY = 24 * 60 * MINUTE;

test.each<[string, TellerFact[], string, [number, number?][]]>([
  ['nothing is said and nothing seen', [tells('t@y')], 'open', [[10]]],
  ['nothing of it is kept', [], 'open', []],
  ['it says so', [tells('t@y'), says('1', 20)], 'said', []],
  ['an object was told of by others too', [tells('t@y'), ours(20)], 'ours', []],
  ['it says another uid from the first on', [says('2', 20)], 'other', []],
  [
    'it was found later to be of another',
    [tells('t@y'), says('1', 20), says('2', 30)],
    'other',
    [[10, 30 + MINUTE]],
  ],
  [
    'it was the cluster’s until it read another',
    [tells('t@y'), ours(20), says('2', 40, { since: 25 })],
    'other',
    [[25, 40 + MINUTE]],
  ],
  [
    'it says another’s still, and is seen to be the cluster’s',
    [says('2', 2 * DAY), ours(3 * DAY)],
    'ours',
    [[DAY, 3 * DAY + MINUTE]],
  ],
  [
    'it says the right one after the other',
    [says('2', 2 * DAY), says('1', 3 * DAY)],
    'said',
    [[DAY, 3 * DAY + MINUTE]],
  ],
])('where %s', (_, facts, standing, open) => {
  const all = [...FIRST, ...facts];
  for (const order of [all, all.toReversed()]) {
    const whose = whoseOf(order);
    expect(standingAt(whose, 't@y', Infinity)).toBe(standing);
    expect(
      tellerMarks(whose).flatMap(({ problems }) => problems.map(({ after, before }) => [after, before])),
    ).toEqual(open.map(([after, before]) => [after, before]));
  }
});

test.each([
  ['a log that the reader of a known one was given', `${log}@x`],
  ['the API server that he watches', 'watch@x'],
  ['a log of another reader', `${log}@y`],
  ['what others send to him', 'webhook:kube-2@x'],
])(
  'who reads it shows nothing: without a uid, and no object that others told of, is open %s',
  (_, teller) => {
    const known = 'audit-0.log@fedcba9876543210@x';
    const whose = whoseOf([
      { what: 'first', teller: known },
      { what: 'ours', teller: known, at: 1 },
      tells(teller),
    ]);
    expect([standingAt(whose, teller, 20), isShown(whose, teller)]).toEqual(['open', false]);
  },
);

const tied = (teller: string, to: string, at = 20): TellerFact => ({ what: 'tied', teller, to, at });
const NAMES = ['a@r', 'b@r', 'c@r', 'd@r'] as const;

test.each<[string, TellerFact[], string]>([
  ['nobody who is tied is known', [tied('a@r', 'b@r')], 'aoboco'],
  ['one who is tied is known', [tied('a@r', 'b@r'), { what: 'ours', teller: 'b@r', at: 30 }], 'a+b+co'],
  ['one is tied to who told first', [tied('webhook:kube-1@x', 'b@r')], 'aob+co'],
  [
    'one is tied to them over others',
    [tied('a@r', 'b@r'), tied('c@r', 'b@r'), tied('d@r', 'c@r'), { what: 'ours', teller: 'd@r', at: 30 }],
    'a+b+c+',
  ],
  ['they go around in a circle', [tied('a@r', 'b@r'), tied('b@r', 'c@r'), tied('c@r', 'a@r')], 'aoboco'],
  [
    'one turns to another cluster after that',
    [tied('webhook:kube-1@x', 'b@r'), tied('a@r', 'b@r'), { what: 'says', teller: 'b@r', uid: '2', at: 40 }],
    'a+b-co',
  ],
])(
  'those who are tied tell of one cluster, and of which is known of all or of none: %s',
  (_, facts, expected) => {
    const all = [...FIRST, ...NAMES.map(tells), ...facts];
    for (const order of [all, all.toReversed()]) {
      const whose = whoseOf(order);
      const signOf = (name: string) =>
        ({ ours: '+', other: '-', open: 'o', said: 's' })[standingAt(whose, name, Infinity)];
      expect(
        NAMES.slice(0, 3)
          .map((name) => `${name[0]}${signOf(name)}`)
          .join(''),
      ).toBe(expected);
    }
  },
);
