import type { Instant } from '@margay/ground';
import { STEP_MAX } from './canary-runs.ts';
import { type CanaryRun, instantIn } from './canary.ts';

/** A round of canaries, and when it was by its writer's clock. */
interface Round {
  readonly sequence: number;
  readonly at: Instant;
}

/**
 * Rounds of one writer by a clock that went as time does, each some of those between the first and the last. Where the clock was set
 * forth or back another stretch begins, and so it does where nothing was written for longer than canaries may be apart.
 */
export type Stretch = readonly [Round, ...Round[]];

/** Runs of one writer as stretches, by sequence. */
export function stretchesOfRounds(runs: readonly CanaryRun[]): Stretch[] {
  const rounds = new Map<number, Instant>();
  for (const { from, to, first, last } of runs)
    for (const [sequence, at] of [
      [from, first],
      [to, last],
    ] as const)
      rounds.set(sequence, Math.min(rounds.get(sequence) ?? Infinity, at));
  const stretches: [Round, ...Round[]][] = [];
  for (const [sequence, at] of [...rounds].sort(([a], [b]) => a - b)) {
    const stretch = stretches.at(-1);
    const before = stretch?.at(-1);
    const step = before === undefined ? NaN : (at - before.at) / (sequence - before.sequence);
    if (stretch !== undefined && step >= 0 && step <= STEP_MAX) stretch.push({ sequence, at });
    else stretches.push([{ sequence, at }]);
  }
  return stretches;
}

/** About when a round of a stretch was. */
export function instantOf(stretch: Stretch, sequence: number): Instant {
  const i = Math.max(
    0,
    stretch.findLastIndex((round) => round.sequence <= sequence),
  );
  const [before, behind = before] = [stretch[i]!, stretch[i + 1]];
  const [from, to] = [before.sequence, behind.sequence];
  return instantIn({ from, to, first: before.at, last: behind.at }, sequence);
}

/**
 * How much time is known to have gone by from one round to the newest, in microseconds: what a clock jumped by is none, and of what went
 * by meanwhile nobody knows.
 */
export const timeSince = (stretches: readonly Stretch[], { sequence, at }: Round): number =>
  stretches
    .filter((stretch) => stretch.at(-1)!.sequence > sequence)
    .reduce((sum, stretch) => {
      const begin = stretch[0].sequence <= sequence ? at : stretch[0].at;
      return sum + Math.max(0, stretch.at(-1)!.at - begin);
    }, 0);
