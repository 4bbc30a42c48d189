import { MINUTE } from '@margay/ground';
import type { Reading } from '@margay/history';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { evidenceFor, markOf, type Read } from './index.ts';

const kept = (at: number): Reading => ({ kind: 'changes', at, changes: [] });
const refused = (at: number): Reading => ({ kind: 'ignored', at, reason: 'refused' });
const broken: Reading = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };
const reads = (...readings: Reading[]): Read[] =>
  readings.map((reading, i) => ({ position: i + 1, reading }));

test('what was read is the sum of what became of it', () => {
  const mark = markOf('audit.log', 1, 6, reads(kept(1), kept(2), refused(3), broken, kept(4)));
  const { events, problems, sources } = evidenceFor([mark], [{ minute: 0, count: 1 }], { start: 0, end: 5 });
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
    },
  ]);
});

test('a window counts the events of the minutes that it touches', () => {
  const mark = markOf('a', 1, 4, reads(kept(1), kept(MINUTE + 1), kept(2 * MINUTE)));
  expect(evidenceFor([mark], [], { start: MINUTE, end: 2 * MINUTE }).events.read).toBe(1);
  expect(evidenceFor([mark], [], { start: MINUTE - 1, end: 2 * MINUTE }).events.read).toBe(2);
});

test('evidence is complete when the sources span the window and nothing is in doubt', () => {
  const mark = markOf('a', 1, 3, reads(kept(10), kept(20)));
  expect(evidenceFor([mark], [], { start: 10, end: 21 })).toMatchObject({
    complete: true,
    reasons: [],
    gaps: [],
  });
  expect(evidenceFor([mark], [], { start: 10, end: 22 })).toMatchObject({
    complete: false,
    reasons: [
      'No source is known to have delivered anything from 1970-01-01T00:00:00.000021Z to 1970-01-01T00:00:00.000022Z.',
    ],
  });
  expect(evidenceFor([], [], { start: 10, end: 22 }).reasons).toEqual(['No audit log was read.']);
  const doubt = markOf('a', 1, 2, reads({ kind: 'doubtful', at: 15, reason: 'no-content', message: 'm' }));
  expect(evidenceFor([mark, doubt], [], { start: 10, end: 21 }).complete).toBe(false);
});

test('however a source is cut into stretches, the evidence is the same', () => {
  const reading = fc.oneof(
    fc.integer({ min: 0, max: 10 * MINUTE }).map(kept),
    fc.integer({ min: 0, max: 10 * MINUTE }).map(refused),
    fc.constant(broken),
  );
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 60 }), fc.array(fc.nat(60)), (all, cuts) => {
      const read = reads(...all);
      const window = { start: 0, end: 5 * MINUTE };
      const bounds = [...new Set([0, ...cuts.map((cut) => Math.min(cut, read.length)), read.length])].sort(
        (a, b) => a - b,
      );
      const marks = bounds
        .slice(1)
        .map((to, i) => markOf('a', bounds[i]! + 1, to + 1, read.slice(bounds[i], to)));
      const whole = markOf('a', 1, read.length + 1, read);
      if (read.length > 0) {
        expect(evidenceFor(marks.toReversed(), [], window)).toEqual(evidenceFor([whole], [], window));
      }
    }),
  );
});
