import { gapsIn, type Interval, joined } from '@margay/ground';
import type { CanaryRun } from './canary.ts';
import { instantOf, stretchesOfRounds, type Stretch } from './told-rounds.ts';

/** Numbers of rounds, from one to another, both of them. */
interface Rounds {
  readonly from: number;
  readonly to: number;
}

/**
 * When none of some API servers was there, in time order: rounds of canaries were written through others, and not even tried through
 * these. From the first such round to the last, as far as a clock tells that was not set meanwhile; without an end where they did not come
 * back.
 *
 * @param told what the writers of canaries say.
 */
export function absencesOf(servers: ReadonlySet<string>, told: readonly CanaryRun[]): Interval[] {
  const tried = told.filter(({ state }) => state === 'written' || state === 'failed');
  const own = tried.filter(({ server }) => servers.has(server));
  return joined(
    [...Map.groupBy(tried, ({ writer }) => writer)].flatMap(([writer, ofWriter]) => {
      const others = ofWriter.filter(({ server }) => !servers.has(server));
      const rounds = ofWriter.filter(({ server }) => servers.has(server));
      const stretches = stretchesOfRounds(others);
      // By numbers, since its clock may have been set back; those of another writer say nothing of its own.
      const lastRound = rounds.reduce((latest, { to }) => Math.max(latest, to), -Infinity);
      const lastOfOthers = own
        .filter((run) => run.writer !== writer)
        .reduce((latest, { last }) => Math.max(latest, last), -Infinity);
      return roundsWithout(others, rounds).flatMap((absent) => {
        const spans = stretches.flatMap((stretch) => spanIn(absent, stretch));
        const start = spans.at(-1)?.start ?? -Infinity;
        const isForGood = absent.from > lastRound && start > lastOfOthers;
        return isForGood ? [...spans.slice(0, -1), { start, end: Infinity }] : spans;
      });
    }),
  );
}

/** The rounds in some runs that are in none of others. */
function roundsWithout(runs: readonly CanaryRun[], others: readonly CanaryRun[]): Rounds[] {
  // As intervals, whose end does not belong to them.
  const asIntervals = (some: readonly CanaryRun[]) =>
    joined(some.map(({ from, to }) => ({ start: from, end: to + 1 })));
  const taken = asIntervals(others);
  return asIntervals(runs)
    .flatMap((some) => gapsIn(some, taken))
    .map(({ start, end }) => ({ from: start, to: end - 1 }));
}

/** About when rounds were that a stretch has. */
function spanIn({ from, to }: Rounds, stretch: Stretch): Interval[] {
  const [first, last] = [Math.max(from, stretch[0].sequence), Math.min(to, stretch.at(-1)!.sequence)];
  return first > last ? [] : [{ start: instantOf(stretch, first), end: instantOf(stretch, last) }];
}
