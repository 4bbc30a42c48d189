import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { keyText } from '@margay/ground';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { foldWhole } from './key-fold.ts';
import { hindsight, type Opened } from './opened.ts';
import { readLine } from './read-line.ts';

/** What stays opened when changes come in one by one. */
function openedOver(changes: readonly Change[]): Opened[] {
  const known = new Map<string, Change[]>();
  const all = new Map<string, Opened>();
  for (const change of changes) {
    const key = keyText(change);
    const before = known.get(key) ?? [];
    const after = [...before, change];
    known.set(key, after);
    const { opened, closed } = hindsight([change], foldWhole(before).versions, foldWhole(after).versions);
    for (const start of closed) all.delete(`${key} ${start}`);
    for (const one of opened) all.set(`${key} ${one.start}`, one);
  }
  return [...all.values()];
}

const seen = (at: number, more: Partial<Change> = {}): Change => ({
  id: `e${at}#0`,
  eventId: `e${at}`,
  what: 'present',
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  namespace: 'shop',
  name: 'deny',
  uid: 'a',
  resourceVersion: String(at),
  at,
  receivedAt: at,
  content: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'deny' } },
  origin: { source: 'audit', position: at },
  ...more,
});
const doubtful = (receivedAt: number, at: number, more: Partial<Change> = {}): Change => {
  const { content: _, resourceVersion: __, ...facts } = seen(at);
  return {
    ...facts,
    what: 'doubtful',
    receivedAt,
    doubt: { reason: 'no-content', may: 'differ', message: 'nobody knows' },
    ...more,
  };
};
const gone = (at: number, more: Partial<Change> = {}): Change => {
  const { content: _, ...facts } = seen(at);
  return { ...facts, what: 'gone', ...more };
};

test.each<[string, readonly Change[], readonly Opened[]]>([
  ['what is seen, changes and ends', [seen(10, { created: true }), seen(20), gone(30)], []],
  [
    'a generation that jumps',
    [seen(10, { created: true, generation: 1 }), seen(20, { generation: 3 })],
    [{ start: 10, end: 20, event: 'e20' }],
  ],
  [
    'a generation that goes on',
    [seen(10, { created: true, generation: 1 }), seen(20, { generation: 2 })],
    [],
  ],
  [
    'a request that found what nobody told',
    [seen(10, { created: true }), seen(20, { basedOn: '15' })],
    [{ start: 10, end: 20, event: 'e20' }],
  ],
  [
    'what a list shows to have been written meanwhile',
    [seen(10, { created: true }), doubtful(10, 20)],
    [{ start: 10, end: Infinity, event: 'e20' }],
  ],
  [
    'a name that was found free, of which the end comes then after all',
    [
      seen(10, { created: true }),
      { ...gone(30_000_000, { what: 'absent' }), receivedAt: 29_000_000 },
      gone(28_000_000),
    ],
    [],
  ],
  [
    'doubts about all of a kind, one after the other',
    [doubtful(10, 12, { name: '' }), doubtful(20, 25, { name: '' })],
    [
      { start: 10, end: Infinity, event: 'e12' },
      { start: 20, end: Infinity, event: 'e25' },
    ],
  ],
  ['what comes late and says only what was then', [seen(10, { created: true }), seen(30), seen(20)], []],
])('%s', (_, changes, opened) => {
  expect(openedOver(changes)).toEqual(opened);
  // The same again shows nothing more.
  expect(openedOver(changes.flatMap((change) => [change, change]))).toEqual(opened);
});

test('a whole log that goes on leaves nothing opened', () => {
  const log = new URL('../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url);
  const lines = gunzipSync(readFileSync(log)).toString('utf8').split('\n').filter(Boolean);
  const changes = lines.flatMap((line, position) =>
    readLine(line, { source: 'audit', position }).flatMap((reading) =>
      'changes' in reading ? (reading.changes ?? []) : [],
    ),
  );
  expect(openedOver(changes)).toEqual([]);
});
