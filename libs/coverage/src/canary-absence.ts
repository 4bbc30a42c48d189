import { gapsIn, type Instant, type Interval, joined } from '@margay/ground';
import { type CanaryRun, instantIn } from './canary.ts';

/** Numbers of rounds, from one to another, both of them. */
interface Rounds {
  readonly from: number;
  readonly to: number;
}

/**
 * When none of some API servers was there, in time order: rounds of canaries were written through others, and not even tried through
 * these. From the first such round to the last; without an end where they did not come back.
 *
 * @param told what the writers of canaries say.
 */
export function absencesOf(servers: ReadonlySet<string>, told: readonly CanaryRun[]): Interval[] {
  const tried = told.filter(({ state }) => state === 'written' || state === 'failed');
  const own = tried.filter(({ server }) => servers.has(server));
  const last = own.reduce((latest, run) => Math.max(latest, run.last), -Infinity);
  return joined(
    [...Map.groupBy(tried, ({ writer }) => writer).values()].flatMap((ofWriter) => {
      const others = ofWriter.filter(({ server }) => !servers.has(server));
      const rounds = ofWriter.filter(({ server }) => servers.has(server));
      return roundsWithout(others, rounds).map((absent) => {
        const { start, end } = spanOf(absent, others);
        return { start, end: start > last ? Infinity : end };
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

/** About when rounds were, of runs that hold them. */
function spanOf({ from, to }: Rounds, runs: readonly CanaryRun[]): Interval {
  const at = (sequence: number): Instant[] =>
    runs.filter((run) => run.from <= sequence && sequence <= run.to).map((run) => instantIn(run, sequence));
  return { start: Math.min(...at(from)), end: Math.max(...at(to)) };
}
