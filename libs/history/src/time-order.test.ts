import { DAY, HOUR, MINUTE, SECOND, type Instant } from '@margay/ground';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from './change.ts';
import type { Reading } from './reading.ts';
import { SourceMemory } from './source-memory.ts';
import { TimeOrder, type SetBack } from './time-order.ts';

/** A read, or a write that is asked for and answered at once. @param version of what it creates. */
const at = (instant: Instant, version?: number, facts: Partial<Change> = {}): Reading => {
  if (version === undefined) return { kind: 'ignored', at: instant, reason: 'read-only' };
  const change: Change = {
    id: `e${version}`,
    eventId: `e${version}`,
    group: '',
    resource: 'pods',
    namespace: 'shop',
    name: `web-${version}`,
    uid: `u${version}`,
    what: 'present',
    resourceVersion: String(version),
    at: instant,
    receivedAt: instant,
    created: true,
    actor: { user: 'ana' },
    origin: { source: 'audit.log', position: version },
    ...facts,
  };
  return { kind: 'changes', at: instant, changes: [change] };
};

/** A line every some seconds. @param versions of what is created by the first of them, from a number on; none unless given. */
const every = (step: number, from: Instant, to: Instant, versions?: number): Reading[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) =>
    at(from + i * step, versions === undefined ? undefined : versions + i),
  );

/** What the batches tell together: where what is told goes on, as one. */
function toldOf(...batches: readonly (readonly Reading[])[]): SetBack[] {
  const order = new TimeOrder();
  const all: SetBack[] = [];
  for (const one of batches.flatMap((batch) => order.tell(batch))) {
    const last = all.at(-1);
    if (last?.until === one.until && last.end === one.start) all[all.length - 1] = { ...last, end: one.end };
    else all.push(one);
  }
  return all;
}

const TEN = 10 * SECOND;
/** From one to two, and from half past one to three: by a clock that was set back by half an hour at two. */
const [first, again] = [every(TEN, HOUR, 2 * HOUR, 1_000), every(TEN, HOUR + 30 * MINUTE, 3 * HOUR, 5_000)];
const TWICE = { start: HOUR + 30 * MINUTE, end: 2 * HOUR + 1, until: 2 * HOUR + 1 };

describe('a clock that was set back within a log', () => {
  test('is told by the counter that went on', () => {
    expect(toldOf([...first, ...again])).toEqual([TWICE]);
  });

  test('as soon as the counter shows it', () => {
    const [begin] = toldOf([...first, ...again.slice(0, 3)]);
    expect(begin).toEqual({ ...TWICE, end: TWICE.start + 2 * TEN + 1 });
  });

  test('by a few seconds, too', () => {
    const told = toldOf([...first, ...every(SECOND, 2 * HOUR - 8 * SECOND, 3 * HOUR, 5_000)]);
    expect(told).toEqual([{ start: 2 * HOUR - 8 * SECOND, end: 2 * HOUR + 1, until: 2 * HOUR + 1 }]);
  });

  test('without a counter, where times go on from there for ten minutes', () => {
    const reads = every(TEN, HOUR, 2 * HOUR);
    const more = (to: Instant) => every(TEN, HOUR + 30 * MINUTE, to);
    expect(toldOf([...reads, ...more(2 * HOUR + 9 * MINUTE)])).toEqual([]);
    expect(toldOf([...reads, ...more(2 * HOUR + 11 * MINUTE)])).toEqual([TWICE]);
  });

  test('without a counter, where times went back by more than half a minute, however few lines tell', () => {
    const [step, setBack] = [20 * SECOND, 2 * HOUR - 35 * SECOND];
    const told = toldOf([...every(step, HOUR, 2 * HOUR), ...every(step, setBack, 3 * HOUR)]);
    expect(told).toEqual([{ start: setBack, end: 2 * HOUR + 1, until: 2 * HOUR + 1 }]);
  });

  test('to a time in which nothing had been told, where it goes on through what had been', () => {
    const told = [
      ...every(TEN, HOUR, HOUR + 5 * MINUTE),
      ...every(TEN, HOUR + 30 * MINUTE, HOUR + 35 * MINUTE),
    ];
    const until = HOUR + 35 * MINUTE + 1;
    expect(toldOf([...told, ...every(TEN, HOUR + 6 * MINUTE, 2 * HOUR)])).toEqual([
      { start: HOUR + 6 * MINUTE, end: until, until },
    ]);
  });

  test('and set right again, tells only what it told meanwhile', () => {
    const wrong = every(TEN, HOUR + 30 * MINUTE, HOUR + 35 * MINUTE, 5_000);
    const right = every(TEN, 2 * HOUR + 5 * MINUTE, 3 * HOUR, 6_000);
    expect(toldOf([...first, ...wrong, ...right])).toEqual([
      { start: TWICE.start, end: HOUR + 35 * MINUTE + 1, until: TWICE.until },
    ]);
  });

  test('to the year in which all clocks begin leaves the time before alone', () => {
    const wrong = every(TEN, 10 * DAY, 10 * DAY + MINUTE, 5_000);
    const now = 400 * DAY;
    const log = [
      ...every(TEN, now, now + HOUR, 1_000),
      ...wrong,
      ...every(TEN, now + HOUR + TEN, now + 2 * HOUR, 6_000),
    ];
    expect(toldOf(log)).toEqual([{ start: 10 * DAY, end: 10 * DAY + MINUTE + 1, until: now + HOUR + 1 }]);
  });

  test('is found in whatever pieces the log is read, and by another process that goes on', () => {
    const log = [...first, ...again];
    fc.assert(
      fc.property(fc.array(fc.nat(log.length), { maxLength: 6 }), (places) => {
        const cuts = [0, ...places.toSorted((a, b) => a - b), log.length];
        let memory = new SourceMemory();
        const told: SetBack[] = [];
        for (const [i, from] of cuts.slice(0, -1).entries()) {
          const kept = JSON.parse(JSON.stringify(memory.timesIn('audit.log'))) as Record<string, unknown>;
          memory = new SourceMemory();
          memory.recall('audit.log', kept);
          told.push(...memory.tell('audit.log', log.slice(from, cuts[i + 1])).setBack);
        }
        expect(told[0]?.start).toBe(TWICE.start);
        expect(told.at(-1)?.end).toBe(TWICE.end);
        for (const [i, one] of told.slice(1).entries()) expect(one.start).toBe(told[i]!.end);
      }),
      { numRuns: 50 },
    );
  });
});

/** The lines of two API servers, with one counter, and how they come into one file. */
const [a, b] = [0, 1].map((server) =>
  every(TEN, HOUR + server * SECOND, 2 * HOUR).map(({ at: instant }) =>
    at(instant!, 1_000 + Math.floor((instant! - HOUR) / SECOND)),
  ),
) as [Reading[], Reading[]];
const inTime = [...a, ...b].sort((one, other) => one.at! - other.at!);
const inTurns = (length: number): Reading[] => {
  const turns: Reading[] = [];
  for (let from = HOUR; from < 2 * HOUR; from += length)
    for (const log of [a, b]) turns.push(...log.filter(({ at: t }) => from <= t! && t! < from + length));
  return turns;
};

/** Reads as an API server tells of them: at microseconds that do not come again. */
const reads = (from: Instant, to: Instant): Reading[] =>
  every(TEN, from, to).map((one, i) => at(one.at! + ((i * 7_919) % 1_000_000) + 1));
/** From one to three, and parts of it by minutes. */
const quiet = reads(HOUR, 3 * HOUR);
const part = (from: number, to: number): Reading[] => quiet.slice(from * 6, to * 6);

test.each<[string, readonly Reading[]]>([
  [
    'what was sent late, into a time in which nothing was told',
    [part(0, 30), part(40, 42), part(30, 40), part(42, 120)].flat(),
  ],
  ['what was sent twice', [part(0, 40), part(30, 40), part(40, 120)].flat()],
  ['a log that was read again from its beginning', [part(0, 60), part(0, 60), part(60, 120)].flat()],
  ['a part of it, twice', [part(0, 60), part(20, 40), part(20, 60), part(60, 120)].flat()],
  [
    'moments',
    every(SECOND, HOUR, 2 * HOUR, 1).flatMap((one, i, all) => (i % 2 === 0 ? [all[i + 1] ?? one, one] : [])),
  ],
  [
    'a watch that is told of when it ends',
    [...a, at(2 * HOUR, 9_000, { receivedAt: HOUR }), ...every(TEN, 2 * HOUR, 3 * HOUR, 9_001)],
  ],
  ['two API servers in one file, in turns of a minute', inTurns(MINUTE)],
  ['the log of one behind that of another', [...a, ...b]],
  ['the newest first', inTime.toReversed()],
  ['one file behind the one that follows it', [...a.slice(180), ...a.slice(0, 180)]],
  ['everything twice', [...a, ...a]],
  ['a single time that is far ahead', [...a.slice(0, 9), at(700 * DAY, 1_082), ...a.slice(9)]],
  [
    'what was repeated of an old version',
    [...a, at(2 * HOUR, 1_000, { created: false, basedOn: '1000' }), ...b],
  ],
])('%s is no clock that was set back', (_, log) => {
  expect(toldOf(log)).toEqual([]);
});
