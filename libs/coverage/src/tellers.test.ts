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
  ['a log that the reader of a known one was given', `${log}@x`, 'said'],
  ['the API server that he watches', 'watch@x', 'said'],
  ['a log of another reader', `${log}@y`, 'open'],
  ['what others send to him', 'webhook:kube-2@x', 'open'],
])('without a uid, and no object that others told of: %s', (_, teller, standing) => {
  const known = 'audit-0.log@fedcba9876543210@x';
  const whose = whoseOf([
    { what: 'first', teller: known },
    { what: 'ours', teller: known, at: 1 },
    tells(teller),
  ]);
  expect([standingAt(whose, teller, 20), isShown(whose, teller)]).toEqual([standing, false]);
});
