import { type CoverageMark, doubtsFor, markOf } from '@margay/coverage';
import { HOUR, type Instant, MINUTE, SECOND, type Window } from '@margay/ground';
import { type Change, memoryHistory, type Reading, SourceMemory } from '@margay/history';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeReport, namesToAsk, type Report, sightsToAsk } from '../index.ts';
import { facts, scopes, WINDOW } from '../testing/arbitrary-history.ts';
import { contradictions } from '../testing/contradictions.ts';
import { changeOf, TICKS, writesOf } from '../testing/losses.ts';

const RUNS = Number(process.env['CLOCKS_RUNS'] ?? 60);
/** How long an instant of a story lasts. */
const LONG = MINUTE;
/** When an instant of a story is. */
const timeOf = (instant: number): Instant => HOUR + instant * LONG;
const END = timeOf(WINDOW.end);

/** By a clock that shows other times. */
const by = (clock: (at: Instant) => Instant, change: Change): Change => ({
  ...change,
  at: clock(change.at),
  receivedAt: clock(change.receivedAt),
});

/** The log of an API server whose clock is set back by some time at an instant: its writes, and reads in between, as it tells them. */
function logOf(changes: readonly Change[], setAt: Instant, back: number) {
  const clock = (at: Instant) => (at < setAt ? at : at - back);
  const last = Math.max(END, setAt) + back + MINUTE;
  const reads = Array.from({ length: Math.ceil(last / (10 * SECOND)) }, (_, i) => i * 10 * SECOND);
  const told = [
    ...changes.map((change) => ({ at: change.at, change })),
    ...[...reads, setAt - 1, last + 20 * MINUTE].map((at) => ({ at, change: undefined })),
  ].sort((a, b) => a.at - b.at);
  const readings = told.map(({ at, change }): Reading =>
    change === undefined
      ? { kind: 'ignored', at: clock(at), reason: 'read-only' }
      : { kind: 'changes', at: clock(at), changes: [by(clock, change)] },
  );
  return { readings, clock };
}

/** The marks of a log, cut into pieces of so many lines. */
function marksOf(readings: readonly Reading[], each: number): CoverageMark[] {
  const memory = new SourceMemory();
  return Array.from({ length: Math.ceil(readings.length / each) }, (_, i): CoverageMark => {
    const part = readings.slice(i * each, (i + 1) * each);
    const { setBack } = memory.tell('audit.log', part);
    const reads = part.map((reading, n) => ({ position: i * each + n, reading }));
    return { ...markOf('audit.log', i * each, (i + 1) * each, reads), setBack };
  });
}

function reportOf(
  changes: readonly Change[],
  endpoints: object,
  window: Window,
  marks: readonly CoverageMark[],
) {
  const history = memoryHistory();
  history.add(changes);
  const doubts = doubtsFor(marks, window, { birth: 0 }).filter(({ reason }) => reason === 'clock');
  const versions = history.versions();
  const sights = new Map(
    sightsToAsk({ versions, doubts, window }).map((from) => [
      from,
      history.firstSights({ from, before: window.end }),
    ]),
  );
  const told = namesToAsk({ versions, window });
  const spec = { reportType: 'network-access', endpoints };
  return computeReport({ name: 'r', spec, window, doubts, versions, sights, told });
}

/** The changes of a story, with what each update had to find. */
function changesOf(story: Parameters<typeof writesOf>[0]): Change[] {
  const latest = new Map<string, string>();
  return writesOf(story).map((write, i) => {
    const change = changeOf(write, i);
    const before = latest.get(write.uid);
    if (change.resourceVersion !== undefined) latest.set(write.uid, change.resourceVersion);
    const scaled = by((at) => timeOf(at / TICKS), change);
    return write.verb === 'update' && before !== undefined ? { ...scaled, basedOn: before } : scaled;
  });
}

const setBacks = fc.record({
  at: fc.integer({ min: WINDOW.start + 1, max: WINDOW.end }),
  back: fc.integer({ min: 1, max: 6 }),
  each: fc.integer({ min: 1, max: 200 }),
});

test('what is said of a cluster whose clock was set back never contradicts what was, nor says that it is whole', () => {
  fc.assert(
    fc.property(facts, setBacks, scopes, (story, { at, back: instants, each }, scope) => {
      const [setAt, back] = [timeOf(at), instants * LONG];
      const changes = changesOf(story);
      const { readings, clock } = logOf(changes, setAt, back);
      const told = changes.map((change) => by(clock, change));
      const marks = marksOf(readings, each);
      const said = (window: Window): Report => reportOf(told, scope, window, marks);
      const truth = (window: Window, shift: number): Report =>
        reportOf(
          changes.map((change) => by((instant) => instant - shift, change)),
          scope,
          window,
          [],
        );
      // What was made again in a namespace by then may be concluded to have ended with that.
      fc.pre(
        !told.some(
          ({ what, resource, at: then }) =>
            what === 'gone' && resource === 'namespaces' && then >= setAt - back && then < setAt,
        ),
      );
      const twice = { start: setAt - back, end: setAt };
      const before = { start: twice.start - 2 * LONG, end: twice.start };
      const after = { start: twice.end + SECOND, end: twice.end + 4 * LONG };
      expect(doubtsFor(marks, twice, { birth: 0 }).map(({ reason }) => reason)).toContain('clock');
      expect(contradictions(said(before), truth(before, 0))).toEqual([]);
      expect(contradictions(said(after), truth(after, back))).toEqual([]);
      expect(contradictions(said(twice), truth(twice, 0))).toEqual([]);
      expect(contradictions(said(twice), truth(twice, back))).toEqual([]);
    }),
    { numRuns: RUNS },
  );
}, 240_000);
