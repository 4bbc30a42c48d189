import { MINUTE, SECOND } from '@margay/ground';
import type { Reading } from '@margay/history';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canarySource,
  deliveriesOf,
  doubtsFor,
  evidenceFor,
  fileSource,
  listingMark,
  markOf,
  type Canary,
  type CoverageMark,
  type Read,
} from './index.ts';

/** Beyond this behind a window's end canaries say no more of it. */
const GRACE = 35 * SECOND;
const IDENTITY = '0123456789abcdef';
/** Windows end by the hundredth minute, and every source goes on behind it: of one that does not it is known later that it was silent. */
const LAST_END = 100 * MINUTE;
const UNTIL = LAST_END + 2 * MINUTE;

interface Told {
  readonly at: number;
  readonly reading: Reading;
}

/** Of a hundred events a rhythm is learnt, wherever a window ends; some of these have no time. */
const LEARNT = 110;

/** What a source tells up to the first thing behind an instant, and until its rhythm is learnt, in marks of so many. */
function marksUpTo(source: string, told: readonly Told[], until: number, each: number): CoverageMark[] {
  const behind = told.findIndex(({ reading }) => (reading.at ?? -Infinity) >= until);
  const kept = behind === -1 ? told : told.slice(0, Math.max(behind + 1, LEARNT));
  const reads = kept.map(({ reading }, i): Read => ({ position: i, reading }));
  return Array.from({ length: Math.ceil(reads.length / each) }, (_, i) => {
    const some = reads.slice(i * each, (i + 1) * each);
    return markOf(source, i * each, i * each + some.length, some);
  });
}

/** Something each step from an instant on, but for a hole; some of it cannot be read. */
const arbitraryTold = (from: number): fc.Arbitrary<Told[]> =>
  fc
    .record({
      step: fc.integer({ min: 4, max: 50 }),
      hole: fc.option(fc.integer({ min: 0, max: 60 })),
      broken: fc.array(fc.nat(400), { maxLength: 3 }),
      refused: fc.array(fc.nat(400), { maxLength: 3 }),
      canary: fc.boolean(),
    })
    .map(({ step, hole, broken, refused, canary }) => {
      const times = Array.from(
        { length: Math.floor((UNTIL - from) / (step * SECOND)) },
        (_, i) => from + i * step * SECOND + ((i * 7_919) % 1_000),
      ).filter((at) => hole === null || at < hole * MINUTE || at > (hole + 30) * MINUTE);
      return times.flatMap((at, i): Told[] => {
        const whole: Reading = refused.includes(i)
          ? { kind: 'doubtful', at, reason: 'no-content', message: 'without content' }
          : { kind: 'ignored', at, reason: 'out-of-kind' };
        const cut: Reading = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };
        const name = { writer: 'w', server: 'a:6443', servers: at < 50 * MINUTE ? 1 : 2, sequence: i };
        const seen: Reading = { kind: 'ignored', at, reason: 'canary', canary: name };
        return [
          ...(broken.includes(i) ? [{ at, reading: cut }] : []),
          { at, reading: canary ? seen : whole },
        ];
      });
    });

/** What a writer says of its canaries, each in a mark of its own. */
const writtenMarks = (server: string, step: number, until: number): CoverageMark[] => {
  const all = Array.from({ length: Math.floor(UNTIL / step) }, (_, i): Canary => ({
    writer: 'w',
    server,
    servers: i * step < 50 * MINUTE ? 1 : 2,
    sequence: i,
    state: i % 17 === 16 ? 'failed' : 'written',
    at: i * step,
    ...(i % 17 === 16 && { message: `Refused at ${i}` }),
  }));
  const last = (state: Canary['state']) =>
    all.find((one) => one.at >= until + GRACE && one.state === state)?.at ?? Infinity;
  return all
    .filter(({ state, at }) => at <= last(state))
    .map((canary, i) => ({ ...markOf(canarySource('w'), i, i + 1, []), canaries: [canary] }));
};

test('what sources tell when they have gone on behind a window changes nothing of its evidence', () => {
  fc.assert(
    fc.property(
      fc.record({
        a: arbitraryTold(0),
        b: arbitraryTold(3 * MINUTE),
        late: fc.option(arbitraryTold(70 * MINUTE)),
        watch: fc.option(arbitraryTold(MINUTE)),
        canaries: fc.boolean(),
        lists: fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 3 }),
        each: fc.integer({ min: 1, max: 60 }),
        start: fc.integer({ min: 0, max: 60 }),
        minutes: fc.integer({ min: 1, max: LAST_END / MINUTE - 60 }),
      }),
      ({ a, b, late, watch, canaries, lists, each, start, minutes }) => {
        const window = { start: start * MINUTE, end: (start + minutes) * MINUTE };
        const at = (until: number) => [
          ...marksUpTo(fileSource('a.log', IDENTITY), a, until, each),
          ...marksUpTo(fileSource('b.log', 'ffffffffffffffff'), b, until, each),
          // A log whose first event lies behind the window says from its beginning on that it was not there.
          ...(late === null ? [] : marksUpTo(fileSource('c.log', '00000000ffffffff'), late, until, each)),
          ...(watch === null ? [] : marksUpTo('watch/pods@margay-0', watch, until, each)),
          ...(canaries ? writtenMarks('a:6443', 20 * SECOND, until) : []),
          ...lists
            .filter((minute) => minute * MINUTE < until)
            .map((minute) => listingMark({ group: '', resource: 'pods', at: minute * MINUTE })),
        ];
        const [then, now] = [at(window.end), at(Infinity)];
        expect(evidenceFor(now, [], window, { birth: 0 })).toEqual(
          evidenceFor(then, [], window, { birth: 0 }),
        );
        expect(doubtsFor(now, window)).toEqual(doubtsFor(then, window));
        const known = { deliveries: deliveriesOf(now, window.end) };
        expect(evidenceFor(now, [], window, known)).toEqual(evidenceFor(then, [], window));
      },
    ),
    { numRuns: 150 },
  );
});
