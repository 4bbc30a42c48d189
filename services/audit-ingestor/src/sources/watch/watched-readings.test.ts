import { MINUTE } from '@margay/ground';
import { doubtsFor, evidenceFor, markOf } from '@margay/coverage';
import type { WatchChange, WatchedChanges } from '@margay/kubernetes';
import { describe, expect, test } from 'vitest';
import { stretches, watchedReadings } from './watched-readings.ts';

const change = (at: number, more: Partial<WatchChange> = {}): WatchChange => ({
  id: `${at}`,
  eventId: `${at}`,
  group: '',
  resource: 'pods',
  namespace: 'shop',
  name: 'web',
  what: 'gone',
  uid: 'u',
  at,
  receivedAt: at,
  origin: { source: 'watch/pods', position: 1 },
  ...more,
});
const batch = (more: Partial<WatchedChanges>): WatchedChanges => ({
  changes: [],
  gaps: [],
  interruptions: [],
  unusable: [],
  unchanged: [],
  ...more,
});

/** The marks of a watch, with the source alive from 0 to 20 minutes. */
function marksOf(more: Partial<WatchedChanges>) {
  const batches = [
    batch({ position: { resourceVersion: '1', at: 0 } }),
    batch(more),
    batch({ position: { resourceVersion: '9', at: 20 * MINUTE } }),
  ];
  const readings = batches.flatMap((each) => watchedReadings('watch/pods', each));
  return [...stretches(readings, 1)].map(({ from, to, reads }) => markOf('watch/pods@here', from, to, reads));
}

type Span = { readonly start: number; readonly end: number };
const evidence = (more: Partial<WatchedChanges>, window: Span) => evidenceFor(marksOf(more), [], window);
const doubts = (more: Partial<WatchedChanges>, window: Span) =>
  doubtsFor(marksOf(more), window, { birth: 0 });

const within = { start: 7 * MINUTE, end: 8 * MINUTE };
const after = { start: 15 * MINUTE, end: 16 * MINUTE };
const gap = { what: 'gap', from: 5 * MINUTE, to: 10 * MINUTE, reason: 'too old', compared: true } as const;

test.each([
  ['nothing happened', {}, within, true],
  ['a change that was watched', { changes: [change(7 * MINUTE + 5)] }, within, true],
  ['a window within a gap', { gaps: [gap] }, within, false],
  ['a window after it', { gaps: [gap] }, after, true],
  [
    'a window in which a correction may have happened',
    { changes: [change(10 * MINUTE, { receivedAt: 5 * MINUTE, correction: true })] },
    within,
    false,
  ],
  [
    'an API server that could not be asked, and then told everything',
    {
      interruptions: [
        {
          what: 'interrupted',
          at: 7 * MINUTE + 1,
          error: new Error('forbidden'),
          retryInMilliseconds: 1,
        } as const,
      ],
    },
    within,
    true,
  ],
])('%s', (_, more, window, complete) => {
  expect(evidence(more, window).complete).toBe(complete);
});

test('while the API server cannot be asked, its kind is in doubt from what it told last', () => {
  const interruption = {
    what: 'interrupted',
    at: 7 * MINUTE,
    error: new Error('no'),
    retryInMilliseconds: 1,
  } as const;
  const readings = [
    batch({ position: { resourceVersion: '1', at: 0 } }),
    batch({ position: { resourceVersion: '2', at: 6 * MINUTE + 1 } }),
    batch({ interruptions: [interruption] }),
  ].flatMap((each) => watchedReadings('watch/pods', each));
  const marks = [...stretches(readings, 1)].map(({ from, to, reads }) =>
    markOf('watch/pods@here', from, to, reads),
  );
  expect(doubtsFor(marks, within, { birth: 0 })).toMatchObject([
    { about: { group: '', resource: 'pods' }, since: 6 * MINUTE + 2 },
  ]);
});

test.each([
  ['what was seen stands, after a comparison with all that was known', true, true],
  ['nothing is known, without', false, undefined],
])('in a gap: %s', (_, compared, sparesSeen) => {
  expect(doubts({ gaps: [{ ...gap, compared }] }, within)).toMatchObject([
    { about: { group: '', resource: 'pods' }, since: gap.from, ...(sparesSeen && { sparesSeen }) },
  ]);
});

describe('beside an audit log that tells all the time', () => {
  const reads = Array.from({ length: 21 }, (_, minute) => ({
    position: minute,
    reading: { kind: 'ignored', at: minute * MINUTE, reason: 'read-only' } as const,
  }));
  const beside = (gaps: WatchedChanges['gaps'], window: Span) =>
    doubtsFor([...marksOf({ gaps }), markOf('audit.log', 0, 21, reads)], window, { birth: 0 });

  test('nothing is open of what the watch missed', () => {
    expect(beside([{ ...gap, compared: false }], within)).toEqual([]);
  });

  test('all of the kind is open until another store is listed, whoever told of the one before', () => {
    const another = { ...gap, compared: false, isOfAnotherStore: true } as const;
    expect(beside([another], within)).toMatchObject([
      { about: { group: '', resource: 'pods' }, since: gap.from, settledAt: gap.to + 1, reason: 'watch' },
    ]);
    expect(beside([another], after)).toEqual([]);
  });

  test('several watches that find it say together when it was', () => {
    const another = { ...gap, compared: false, isOfAnotherStore: true } as const;
    const later = marksOf({ gaps: [{ ...another, from: 6 * MINUTE, to: 14 * MINUTE }] });
    const marks = [
      ...marksOf({ gaps: [another] }),
      ...later.map((mark) => ({ ...mark, source: 'watch/pods@there' })),
    ];
    expect(doubtsFor(marks, within, { birth: 0 })).toMatchObject([
      { since: 6 * MINUTE, settledAt: 10 * MINUTE + 1 },
    ]);
  });
});

test('a correction says which object, and between which instants', () => {
  const { problems } = evidence(
    { changes: [change(10 * MINUTE, { receivedAt: 5 * MINUTE, correction: true })] },
    within,
  );
  expect(problems.listed[0]).toMatchObject({
    kind: 'doubtful',
    reason: 'corrected',
    message:
      'watch/pods shop/web was gone when it was listed at 1970-01-01T00:10:00.000Z: when that happened after 1970-01-01T00:05:00.000Z is not known.',
  });
});

test('a gap of a month comes in stretches that a broker takes', () => {
  const readings = watchedReadings('watch/pods', batch({ gaps: [{ ...gap, to: 43_200 * MINUTE }] }));
  const all = [...stretches(readings, 100)];
  expect(Math.max(...all.map(({ reads }) => reads.length))).toBeLessThanOrEqual(500);
  expect(all.at(-1)!.to - 100).toBe(readings.length);
  for (const [i, { from }] of all.entries()) expect(from).toBe(i === 0 ? 100 : all[i - 1]!.to);
});
