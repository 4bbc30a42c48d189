import { MINUTE } from '@margay/ground';
import type { Reading } from '@margay/history';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { doubtsFor, evidenceFor, fileSource, flowSource, markOf, type Read } from './index.ts';
import type { Outcome } from './mark.ts';

const kept = (at: number): Reading => ({ kind: 'changes', at, changes: [] });
const refused = (at: number): Reading => ({ kind: 'ignored', at, reason: 'refused' });
const broken: Reading = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };
/** A log that holds the cluster’s birth. */
const BORN = { birth: 0 };
const reads = (...readings: Outcome[]): Read[] =>
  readings.map((reading, i) => ({ position: i + 1, reading }));

test('what was read is the sum of what became of it', () => {
  const mark = markOf('audit.log', 1, 6, reads(kept(1), kept(2), refused(3), broken, kept(4)));
  const { events, problems, sources } = evidenceFor(
    [mark],
    [{ minute: 0, count: 1 }],
    { start: 0, end: 5 },
    BORN,
  );
  expect(events).toEqual({
    read: 5,
    applied: 2,
    ignored: { refused: 1, duplicate: 1 },
    doubtful: {},
    unusable: { 'not-json': 1 },
  });
  expect(problems).toEqual({
    total: 1,
    listed: [{ source: 'audit.log', line: 4, kind: 'unusable', reason: 'not-json', message: 'Not JSON' }],
  });
  expect(sources).toEqual([
    {
      source: 'audit.log',
      lines: 5,
      firstEvent: '1970-01-01T00:00:00.000001Z',
      lastEvent: '1970-01-01T00:00:00.000004Z',
      grade: 'no gap seen',
      gaps: [],
      allowedSilence: 900,
    },
  ]);
});

test('a window counts the events of the minutes that it touches', () => {
  const mark = markOf('a', 1, 4, reads(kept(1), kept(MINUTE + 1), kept(2 * MINUTE)));
  expect(evidenceFor([mark], [], { start: MINUTE, end: 2 * MINUTE }).events.read).toBe(1);
  expect(evidenceFor([mark], [], { start: MINUTE - 1, end: 2 * MINUTE }).events.read).toBe(2);
});

test('evidence is complete when no source has a gap in the window and nothing is in doubt', () => {
  const mark = markOf('a', 1, 3, reads(kept(10), kept(20)));
  expect(evidenceFor([mark], [], { start: 10, end: 21 }, BORN)).toMatchObject({
    complete: true,
    grade: 'no gap seen',
    reasons: [],
    gaps: [],
  });
  expect(evidenceFor([mark], [], { start: 10, end: MINUTE }, BORN)).toMatchObject({
    complete: false,
    grade: 'gaps',
    gaps: [{ from: '1970-01-01T00:00:00.000021Z', to: '1970-01-01T00:01:00Z' }],
    reasons: ['Nothing is known to have been delivered by a from 1970-01-01T00:00:00.000021Z on.'],
  });
  expect(evidenceFor([], [], { start: 10, end: 22 })).toMatchObject({
    complete: false,
    grade: 'not known',
    reasons: ['No audit log was read.'],
  });
  // What is open of one object is in its history, until it is settled there.
  const doubt = markOf('a', 3, 4, reads({ kind: 'doubtful', at: 15, reason: 'no-content', message: 'm' }));
  expect(evidenceFor([mark, doubt], [], { start: 10, end: 21 }, BORN)).toMatchObject({
    complete: true,
    events: { doubtful: { 'no-content': 1 } },
  });
});

test('however a source is cut into stretches, the evidence is the same', () => {
  const reading = fc.oneof(
    fc.integer({ min: 0, max: 90 * MINUTE }).map(kept),
    fc.integer({ min: 0, max: 90 * MINUTE }).map(refused),
    fc.constant(broken),
  );
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 60 }), fc.array(fc.nat(60)), (all, cuts) => {
      // As logs are: in time order.
      const times = all.flatMap((one) => one.at ?? []).sort((x, y) => x - y);
      const read = reads(...all.map((one) => (one.at === undefined ? one : { ...one, at: times.shift()! })));
      const window = { start: 2 * MINUTE, end: 5 * MINUTE };
      const bounds = [...new Set([0, ...cuts.map((cut) => Math.min(cut, read.length)), read.length])].sort(
        (a, b) => a - b,
      );
      const marks = bounds
        .slice(1)
        .map((to, i) => markOf('a', bounds[i]! + 1, to + 1, read.slice(bounds[i], to)));
      const whole = markOf('a', 1, read.length + 1, read);
      if (read.length > 0) {
        expect(evidenceFor(marks.toReversed(), [], window)).toEqual(evidenceFor([whole], [], window));
        expect(doubtsFor(marks.toReversed(), window)).toEqual(doubtsFor([whole], window));
      }
    }),
  );
});

const flow = (at: number): Outcome => ({ kind: 'flow', at });

test('flow logs are evidence of their own: what is said of audit logs stays what it is', () => {
  const audit = markOf('a', 1, 3, reads(kept(10), kept(20)));
  const source = flowSource(fileSource('flows.log', '0123456789abcdef'));
  const unreadable = { kind: 'unusable', reason: 'not-a-flow', message: 'no flow' } as const;
  const lost = { kind: 'doubtful', at: 12, reason: 'lost', message: '7 flows were lost' } as const;
  const flows = markOf(source, 1, 6, reads(flow(5), unreadable, flow(3 * MINUTE), lost));
  const window = { start: 10, end: 21 };
  const { flows: found, ...rest } = evidenceFor([flows, audit], [], window);
  expect(found).toEqual({
    grade: 'no gap seen',
    sources: [
      {
        source: 'flows.log',
        lines: 3,
        firstFlow: '1970-01-01T00:00:00.000005Z',
        lastFlow: '1970-01-01T00:03:00Z',
        grade: 'no gap seen',
        gaps: [],
        longestSilence: {
          from: '1970-01-01T00:00:00.000012Z',
          to: '1970-01-01T00:03:00Z',
          seconds: 180,
        },
        allowedSilence: 900,
      },
    ],
    read: 3,
    ignored: 0,
    doubtful: 1,
    unusable: 1,
    problems: {
      total: 2,
      listed: [
        { source: 'flows.log', line: 2, kind: 'unusable', reason: 'not-a-flow', message: 'no flow' },
        { source: 'flows.log', line: 4, kind: 'doubtful', reason: 'lost', message: '7 flows were lost' },
      ],
    },
  });
  const { flows: none, ...without } = evidenceFor([audit], [], window);
  expect(rest).toEqual(without);
  expect(none).toMatchObject({ sources: [], read: 0, problems: { total: 0, listed: [] } });
  expect(evidenceFor([flows], [], window).reasons).toEqual(['No audit log was read.']);
});

test('logs of one name over one time are two sources, whose problems are told apart', () => {
  const marks = ['0000000000000000', '1111111111111111'].map((identity) =>
    markOf(fileSource('audit.log', identity), 1, 4, reads(kept(0), broken, kept(MINUTE))),
  );
  const { sources, problems } = evidenceFor(marks, [], { start: 0, end: 5 });
  const names = ['audit.log@0000000000000000', 'audit.log@1111111111111111'];
  expect(sources.map(({ source }) => source)).toEqual(names);
  expect(problems.listed.map(({ source }) => source)).toEqual(names);
  expect(evidenceFor(marks.slice(1), [], { start: 0, end: 5 }).sources).toMatchObject([
    { source: 'audit.log', lines: 2 },
  ]);
});
