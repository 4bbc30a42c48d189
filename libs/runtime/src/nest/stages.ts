import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { Log } from '../log.ts';
import { reasonOf } from '../shown.ts';
import { Readiness } from './health/readiness.ts';
import { LOG } from './tokens.ts';

/** A piece of a service's work. It runs until the signal is aborted; earlier fulfilled, it is done. */
export type Stage = (signal: AbortSignal) => Promise<void>;

/** How stages are kept. */
export interface StagesOptions {
  /** Whether a stage of the name is started again when it fails so; else its failure ends the application. All are unless given. */
  readonly restarts?: (stage: string, error: unknown) => boolean;
  /** The pause before the first new start; each next one is twice as long, up to half a minute. 1 s unless set. */
  readonly pauseMilliseconds?: number;
}

/** The token of {@link StagesOptions}. */
export const STAGES_OPTIONS = 'STAGES_OPTIONS';

/** What the log says of a stage that failed. */
export const STAGE_STOPPED = 'A stage stopped and is started again';

const PAUSE_MILLISECONDS_MAX = 30_000;
/** A stage that has run for so long is taken to work again. */
const SETTLED_MILLISECONDS = 5_000;

/**
 * Keeps the long-running work of an application: consumers of topics, watches, schedules, receivers. Whoever has such work
 * hands it over in `onApplicationBootstrap`.
 *
 * While the broker or the archive is away a stage fails, says why in its readiness check and one log line, and is started again
 * until it works; so stages must be such that work done twice is done once. When the application is closed, every stage is told
 * and ends what is at hand, before anything that it uses is closed.
 */
@Injectable()
export class Stages implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #log: Log;
  readonly #readiness: Readiness;
  readonly #options: StagesOptions;
  readonly #stopping = new AbortController();
  readonly #failure = Promise.withResolvers<never>();
  readonly #reasons = new Map<string, string>();
  readonly #running: Promise<void>[] = [];

  constructor(
    @Inject(LOG) log: Log,
    @Inject(Readiness) readiness: Readiness,
    @Inject(STAGES_OPTIONS) options: StagesOptions,
  ) {
    this.#log = log;
    this.#readiness = readiness;
    this.#options = options;
    // Nobody may look at it, as in a test that closes the application itself.
    this.#failure.promise.catch(() => {});
  }

  /** Aborted when the application is asked to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Never fulfilled; rejected with the error of a stage that is not started again. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  /** Runs a stage from now on; a readiness check of its name is ready while it runs. */
  keep(name: string, work: Stage): void {
    this.#readiness.add(name, () => this.#reasons.get(name));
    this.#running.push(this.#keep(name, work));
  }

  onModuleInit(): void {
    this.#readiness.add('running', () => (this.signal.aborted ? 'stopping' : undefined));
  }

  onModuleDestroy(): void {
    this.#stopping.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #keep(name: string, work: Stage): Promise<void> {
    const { restarts = () => true, pauseMilliseconds = 1_000 } = this.#options;
    const { signal } = this;
    for (let failures = 0; !signal.aborted;) {
      const settled = setTimeout(() => {
        if (this.#reasons.delete(name)) this.#log.info('A stage runs again', { stage: name });
        failures = 0;
      }, SETTLED_MILLISECONDS);
      try {
        await work(signal);
        this.#reasons.delete(name);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const reason = reasonOf(error);
        if (!restarts(name, error)) {
          this.#reasons.set(name, reason);
          return this.#failure.reject(error);
        }
        if (this.#reasons.get(name) !== reason) this.#log.warn(STAGE_STOPPED, { stage: name, reason, error });
        this.#reasons.set(name, reason);
        const pause = Math.min(pauseMilliseconds * 2 ** failures, PAUSE_MILLISECONDS_MAX);
        failures++;
        clearTimeout(settled);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      } finally {
        clearTimeout(settled);
      }
    }
  }
}
