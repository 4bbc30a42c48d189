import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter, type Pauses } from '@margay/ground';
import { reasonOf, together, type Log, type Metrics } from '@margay/runtime';
import { LOG, METRICS, Readiness, Stages } from '@margay/runtime/nest';
import { lastConfirmed, type LogHead, type Stores } from '@margay/storage';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import type { ClustersHere } from '../clusters/clusters-here.ts';
import { CLUSTERS_HERE, SINK } from '../tokens.ts';
import { copyLog } from './copies.ts';
import type { LockedBucket } from './locked-bucket.ts';
import type { SinkOptions } from './settings.ts';

const PAUSES: Pauses = { first: 2_000, longest: 300_000 };
const LOOK_MILLISECONDS = 15_000;

/** The head of a log whose entries are not all copied, and since when it is known. */
interface Waiting {
  readonly head: LogHead;
  /** Milliseconds since 1970. */
  readonly since: number;
  reason?: string;
}

/**
 * Copies what the log of each cluster has to a bucket that nobody can change for a time: the evidence of each report, and the heads. How far it
 * has come is kept beside the log, so that a restart or a bucket that is away for hours loses nothing and holds nothing up.
 */
@Injectable()
export class Sink implements OnModuleInit, OnApplicationBootstrap {
  readonly #options: SinkOptions | undefined;
  readonly #stages: Stages;
  readonly #readiness: Readiness;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #clusters: ReadonlyMap<string, Stores>;
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    @Inject(SINK) options: SinkOptions | undefined,
    @Inject(CLUSTERS_HERE) { counted }: ClustersHere,
    @Inject(Stages) stages: Stages,
    @Inject(Readiness) readiness: Readiness,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#options = counted.size > 0 ? options : undefined;
    this.#clusters = counted;
    this.#stages = stages;
    this.#readiness = readiness;
    this.#log = log;
    this.#metrics = metrics;
  }

  onModuleInit(): void {
    if (this.#options === undefined) return;
    this.#readiness.add('copies', () => {
      const words = [...this.#waiting].flatMap(([cluster, { reason }]) =>
        reason === undefined ? [] : [`Reports of ${cluster} are not copied: ${reason}.`],
      );
      return words.length === 0 ? undefined : { warning: words.join(' ') };
    });
    this.#metrics.onScrape(async () => {
      for (const cluster of this.#clusters.keys()) {
        const since = this.#waiting.get(cluster)?.since;
        const seconds = since === undefined ? 0 : Math.max(0, (Date.now() - since) / 1_000);
        this.#metrics.logUncopiedSeconds.set(seconds, { cluster });
      }
    });
  }

  onApplicationBootstrap(): void {
    const options = this.#options;
    if (options === undefined) return;
    this.#stages.keep('copying', async (signal) => {
      // It is large, and of use to few.
      const { openLockedBucket } = await import('./locked-bucket.ts');
      const bucket = openLockedBucket(options);
      try {
        await together(signal, (each) =>
          [...this.#clusters].map(([cluster, stores]) =>
            this.#goOn(cluster, stores, { ...options, into: bucket }, each),
          ),
        );
      } finally {
        bucket.close();
      }
    });
  }

  async #goOn(cluster: string, stores: Stores, to: To, signal: AbortSignal): Promise<void> {
    const look = Math.min(LOOK_MILLISECONDS, Math.max(50, to.delayMilliseconds));
    let failures = 0;
    while (!signal.aborted) {
      const waiting = await this.#waitingOf(cluster, stores, to);
      const isDue = waiting !== undefined && Date.now() - waiting.since >= to.delayMilliseconds;
      failures = !isDue || (await this.#copy(cluster, stores, waiting, to, signal)) ? 0 : failures + 1;
      await sleep(failures === 0 ? look : pauseAfter(failures, PAUSES), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  /** What is to be copied next: the log as it was when something was first found to be missing, and not what came since. */
  async #waitingOf(cluster: string, { ledger }: Stores, to: To): Promise<Waiting | undefined> {
    const before = this.#waiting.get(cluster);
    if (before !== undefined) return before;
    const head = await ledger.head();
    if (head === undefined || (await lastConfirmed(ledger, head, nameOf(to))).size >= head.size)
      return undefined;
    const waiting = { head, since: Date.now() };
    this.#waiting.set(cluster, waiting);
    return waiting;
  }

  /** @returns whether all of it is there. */
  async #copy(
    cluster: string,
    stores: Stores,
    waiting: Waiting,
    to: To,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { ledger } = stores;
    const { head } = waiting;
    const by = nameOf(to);
    try {
      const { size: from } = await lastConfirmed(ledger, head, by);
      await copyLog(
        stores,
        { from, head },
        {
          bucket: to.into,
          prefix: `${to.prefix}${encodeURIComponent(cluster)}/`,
          signal,
          tell: (what, copied, reason) => {
            this.#metrics.logCopiesTotal.add(1, { cluster, result: copied });
            if (reason !== undefined)
              this.#log.error('Something of the log was not copied', { cluster, what, reason });
          },
        },
      );
      await ledger.confirm({ size: head.size, checkpoint: head.checkpoint, by, kind: 'copy', text: '' });
      this.#waiting.delete(cluster);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      this.#metrics.logCopiesTotal.add(1, { cluster, result: 'failed' });
      const reason = reasonOf(error);
      if (waiting.reason !== reason)
        this.#log.warn('The log cannot be copied, trying again', { cluster, reason });
      waiting.reason = reason;
      return false;
    }
  }
}

type To = SinkOptions & { readonly into: LockedBucket };

/** What stands for the bucket where it is kept how far copies are. */
const nameOf = ({ endpoint = 'aws', bucket, prefix }: To): string => `copies ${endpoint} ${bucket}/${prefix}`;
