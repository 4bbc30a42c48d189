import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '@margay/ground';
import type { Checks } from './health.ts';
import type { Log } from './log.ts';

/** Pieces of a service's work by name. Each runs until the signal is aborted; one that fails is started again. */
export type Stages = Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>;

export interface StageOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** The pause before the first new start; each next one is twice as long, up to half a minute. */
  readonly pauseMilliseconds?: number;
}

/** Stages that run, and what keeps each of them from running. */
export interface RunningStages {
  /** One for each stage: ready while it runs. */
  readonly checks: Checks;
  run(): Promise<void>;
}

const PAUSE_MILLISECONDS_MAX = 30_000;
/** A stage that has run for so long is taken to work again. */
const SETTLED_MILLISECONDS = 5_000;

/**
 * Keeps stages running: while the broker or the archive is away, a stage fails, says why in its readiness check and one
 * log line, and is started again until it works. Stages must be such that work done twice is done once.
 */
export function keepRunning(
  stages: Stages,
  { signal, log, pauseMilliseconds = 1_000 }: StageOptions,
): RunningStages {
  const reasons = new Map<string, string>();
  const keep = async (name: string, work: Stages[string]) => {
    for (let failures = 0; !signal.aborted;) {
      const settled = setTimeout(() => {
        if (reasons.delete(name)) log.info('A stage runs again', { stage: name });
        failures = 0;
      }, SETTLED_MILLISECONDS);
      try {
        await work(signal);
        reasons.delete(name);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (reasons.get(name) !== reason)
          log.warn('A stage stopped and is started again', { stage: name, reason, error });
        reasons.set(name, reason);
        const pause = pauseAfter(++failures, { first: pauseMilliseconds, longest: PAUSE_MILLISECONDS_MAX });
        clearTimeout(settled);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      } finally {
        clearTimeout(settled);
      }
    }
  };
  return {
    checks: Object.fromEntries(Object.keys(stages).map((name) => [name, () => reasons.get(name)])),
    run: async () => void (await Promise.all(Object.entries(stages).map(([name, work]) => keep(name, work)))),
  };
}

/**
 * Runs pieces of work that belong together: when one fails the others are told to end, and the whole fails with its
 * error after all have ended, so that starting the whole again never runs a piece twice.
 */
export async function together(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const failure = new AbortController();
  const pieces = start(AbortSignal.any([signal, failure.signal]));
  try {
    await Promise.all(pieces);
  } catch (error) {
    failure.abort();
    await Promise.allSettled(pieces);
    throw error;
  }
}
