import type { Window } from '@margay/ground';
import { memoryHistory } from '@margay/history';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeReport, namesToAsk, type Report, sightsToAsk } from '../index.ts';
import { facts, scopes, WINDOW } from '../testing/arbitrary-history.ts';
import { contradictions } from '../testing/contradictions.ts';
import { changeOf, type Losses, losses, TICKS, type Told, toldOf, writesOf } from '../testing/losses.ts';

const RUNS = Number(process.env['LOSSES_RUNS'] ?? 1_500);
const WHOLE = { start: WINDOW.start * TICKS, end: WINDOW.end * TICKS };

/** Rows are about what a log tells of: what was gone when it began is in none of them. */
const told = ({ beginning = -Infinity }: Losses): Window => ({
  start: Math.max(WHOLE.start, Math.min(beginning * TICKS, WHOLE.end - 1)),
  end: WHOLE.end,
});

/** @param names whether all that stories name was heard of: they also name what never was. */
function reportOf({ changes, doubts }: Told, endpoints: object, window: Window, names = false): Report {
  const history = memoryHistory();
  history.add(changes);
  const input = { name: 'r', spec: { reportType: 'network-access', endpoints }, window, doubts };
  const versions = history.versions();
  const sights = new Map(
    sightsToAsk({ versions, doubts, window }).map((from) => [
      from,
      history.firstSights({ from, before: window.end }),
    ]),
  );
  const asked = namesToAsk({ versions, window });
  const heardOf = names ? asked : history.told(asked, window.end);
  return computeReport({ ...input, versions, sights, told: heardOf });
}

test('what is left of a story never contradicts the whole of it', () => {
  fc.assert(
    fc.property(facts, losses, scopes, (story, lost, scope) => {
      const writes = writesOf(story);
      const window = told(lost);
      const whole = { changes: writes.map((write, i) => changeOf(write, i)), doubts: [] };
      const truth = reportOf(whole, scope, window, true);
      const said = reportOf(toldOf(writes, lost), scope, window);
      expect(contradictions(said, truth)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
  // About 6 s alone, 18 s with the 5,000 runs of `npm run test:deep`; machines that are shared are slower by far.
}, 240_000);
