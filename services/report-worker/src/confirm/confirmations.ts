import { setTimeout as sleep } from 'node:timers/promises';
import { type Confirmer, type Confirmers, Unconfirmed } from '@margay/confirmations';
import { pauseAfter } from '@margay/ground';
import type { Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import { reasonOf, together, type Log, type Metrics } from '@margay/runtime';
import { LOG, METRICS, Readiness, Stages } from '@margay/runtime/nest';
import {
  type Cell,
  checkLogKey,
  cosigned,
  growthProof,
  lastConfirmed,
  ledgerKeyFor,
  type LogHead,
  LogRefused,
} from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { publishHead } from '../publish-head.ts';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.ts';
import { Unconfirmeds } from './unconfirmeds.ts';

const LOOK_MILLISECONDS = 60_000;
/** After somebody did not confirm. */
const PAUSES = { first: 2_000, longest: 300_000 };

/**
 * Has others sign what the log's head is, each by himself: when the log grew, and now and then, since another worker may have appended. Whoever
 * is away, is slow or says something wrong is asked again later, and keeps neither reports nor the others waiting.
 */
@Injectable()
export class Confirmations implements OnModuleInit, OnApplicationBootstrap {
  readonly #bus: Bus;
  readonly #options: WorkerOptions;
  readonly #cell: Cell;
  readonly #stages: Stages;
  readonly #readiness: Readiness;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #confirmers: Confirmers;
  readonly #unconfirmed: Unconfirmeds;
  /** By cluster: what is aborted when its log grows here the next time. */
  readonly #growths = new Map<string, AbortController>();

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(WORKER_OPTIONS) options: WorkerOptions,
    @Inject(CELL) cell: Cell,
    @Inject(Stages) stages: Stages,
    @Inject(Readiness) readiness: Readiness,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#bus = bus;
    this.#options = options;
    this.#cell = cell;
    this.#stages = stages;
    this.#readiness = readiness;
    this.#log = log;
    this.#metrics = metrics;
    this.#confirmers = options.confirmers ?? { all: [], witnessesNeeded: 0 };
    this.#unconfirmed = new Unconfirmeds(this.#confirmers);
  }

  get #isAsked(): boolean {
    return this.#options.ledgerKey !== undefined && this.#confirmers.all.length > 0;
  }

  onModuleInit(): void {
    if (!this.#isAsked) return;
    this.#readiness.add('confirmations', () => {
      const words = this.#unconfirmed.words();
      return words.length === 0 ? undefined : { warning: words.join(' ') };
    });
    this.#metrics.onScrape(async () => {
      for (const cluster of this.#cell.clusters)
        for (const { by, seconds } of this.#unconfirmed.ages(cluster, Date.now()))
          this.#metrics.logUnconfirmedSeconds.set(seconds, { cluster, confirmer: by });
    });
  }

  onApplicationBootstrap(): void {
    if (!this.#isAsked) return;
    this.#stages.keep('confirming', (signal) =>
      together(signal, (each) =>
        this.#cell.clusters.flatMap((cluster) =>
          this.#confirmers.all.map((confirmer) => this.#goOn(cluster, confirmer, each)),
        ),
      ),
    );
  }

  /** The log of a cluster grew. */
  grew(cluster: string): void {
    this.#growths.get(cluster)?.abort();
    this.#growths.delete(cluster);
  }

  #nextGrowth(cluster: string): AbortSignal {
    const growth = this.#growths.get(cluster) ?? new AbortController();
    this.#growths.set(cluster, growth);
    return growth.signal;
  }

  async #goOn(cluster: string, confirmer: Confirmer, signal: AbortSignal): Promise<void> {
    const { pauses = PAUSES, logMilliseconds = LOOK_MILLISECONDS } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      // Before the look: what grows meanwhile is looked at at once.
      const grown = this.#nextGrowth(cluster);
      const found = await this.#look(cluster, confirmer, signal);
      if (found === 'lacking') {
        failures++;
        await sleep(pauseAfter(failures, pauses), undefined, { signal }).catch(() => undefined);
      } else {
        failures = 0;
        const rest = found === 'confirmed' ? (confirmer.restMilliseconds ?? 0) : 0;
        await sleep(rest, undefined, { signal }).catch(() => undefined);
        const either = AbortSignal.any([signal, grown]);
        await sleep(logMilliseconds, undefined, { signal: either }).catch(() => undefined);
      }
    }
  }

  /** Asks for the head's confirmation where he has not given it: what is kept and is not his counts for nothing. */
  async #look(
    cluster: string,
    confirmer: Confirmer,
    signal: AbortSignal,
  ): Promise<'confirmed' | 'nothing new' | 'lacking'> {
    const { by, keptAs, kind } = confirmer;
    const stores = this.#cell.of(cluster);
    const { ledger } = stores;
    const head = await ledger.head();
    try {
      const seen = head === undefined ? 0 : await this.#seenBy(cluster, head, confirmer);
      if (head === undefined || seen >= head.size) {
        this.#unconfirmed.delete(cluster, by);
        return 'nothing new';
      }
      this.#unconfirmed.add(cluster, by, Date.now());
      await checkLogKey(
        ledger,
        (await ledgerKeyFor(this.#options.ledgerKey, stores, cluster, this.#cell.clusters))!,
      );
      const { size, checkpoint } = head;
      const text = await confirmer.confirm({
        checkpoint,
        seen,
        growth: (from) => growthProof(ledger, from, size),
        newest: async () => (await ledger.head())?.size ?? 0,
        signal,
      });
      await ledger.confirm({ size, checkpoint, by: keptAs, kind, text });
      await this.#tellOf(cluster, head, confirmer);
      return 'confirmed';
    } catch (error) {
      if (signal.aborted) return 'lacking';
      // Whoever looks at the log itself says that it was changed.
      if (error instanceof LogRefused) return 'lacking';
      if (!(error instanceof Unconfirmed)) throw error;
      this.#tellUnconfirmed(cluster, by, error);
      return 'lacking';
    }
  }

  /** How many entries the log had that he confirmed last. What somebody put there in his name is told. */
  async #seenBy(cluster: string, head: LogHead, confirmer: Confirmer): Promise<number> {
    const { by, keptAs } = confirmer;
    const { ledger } = this.#cell.of(cluster);
    const { size, wrong } = await lastConfirmed(ledger, head, keptAs, async (kept) =>
      confirmer.problemOf?.(kept),
    );
    for (const words of wrong) {
      this.#metrics.logConfirmationsTotal.add(1, { cluster, confirmer: by, result: 'changed' });
      this.#log.error('What is kept of who confirmed the log of reports was changed', {
        cluster,
        by,
        reason: words,
      });
    }
    return size;
  }

  #tellUnconfirmed(cluster: string, by: string, error: Unconfirmed): void {
    this.#metrics.logConfirmationsTotal.add(1, { cluster, confirmer: by, result: error.reason });
    // The newer head is asked for next.
    if (error.reason === 'overtaken') return;
    if (this.#unconfirmed.explain(cluster, by, error.message))
      this.#log.warn('The head of the log of reports was not confirmed', {
        cluster,
        by,
        reason: reasonOf(error),
      });
  }

  async #tellOf(cluster: string, head: LogHead, { by, kind }: Confirmer): Promise<void> {
    this.#metrics.logConfirmationsTotal.add(1, { cluster, confirmer: by, result: 'confirmed' });
    if (this.#unconfirmed.delete(cluster, by))
      this.#log.info('The head of the log of reports is confirmed again', { cluster, by });
    if (kind === 'cosignature')
      await publishHead(this.#bus, cluster, await cosigned(this.#cell.of(cluster).ledger, head));
  }
}
