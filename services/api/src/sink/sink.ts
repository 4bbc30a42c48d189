import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter, type Pauses } from '@margay/ground';
import { reasonOf, together, type Log, type Metrics } from '@margay/runtime';
import { LOG, METRICS, Readiness, Stages } from '@margay/runtime/nest';
import type { LogHead, Stores } from '@margay/storage';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import type { ClustersHere } from '../clusters/clusters-here.ts';
import { CLUSTERS_HERE, SINK } from '../tokens.ts';
import { copiedUntil, type Copying, copyLog } from './copies.ts';
import type { LockedBucket } from './locked-bucket.ts';
import type { SinkOptions } from './settings.ts';

const PAUSES: Pauses = { first: 2_000, longest: 300_000 };
const LOOK_MILLISECONDS = 15_000;

/** The head of a log of which it is not known that all is copied, and since when. */
interface Waiting {
  readonly head: LogHead;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What was told of what the store says and the bucket does not. */
  readonly wrong: Set<string>;
}

/**
 * Copies what the log of each cluster has to a bucket that nobody can change for a time: the evidence of each report, and the heads. How far it
 * has come is kept beside the log, and believed where the bucket has that head, so that a restart or a bucket that is away for hours loses nothing
 * and holds nothing up. One cluster's log that cannot be read keeps no other from being copied.
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
  /** By cluster: the head that all is copied of, as the bucket said. */
  readonly #copied = new Map<string, string>();
  /** By cluster: why the last try failed. */
  readonly #reasons = new Map<string, string>();

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
      const words = [...this.#reasons].map(
        ([cluster, reason]) => `Reports of ${cluster} are not copied: ${reason}.`,
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
      failures = (await this.#look(cluster, stores, to, signal)) ? 0 : failures + 1;
      await sleep(failures === 0 ? look : pauseAfter(failures, PAUSES), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  /** Copies what is due. @returns whether nothing failed; what did is told. */
  async #look(cluster: string, stores: Stores, to: To, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#copy(cluster, stores, to, signal);
      this.#reasons.delete(cluster);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      this.#metrics.logCopiesTotal.add(1, { cluster, result: 'failed' });
      const reason = reasonOf(error);
      if (this.#reasons.get(cluster) !== reason)
        this.#log.warn('The log cannot be copied, trying again', { cluster, reason });
      this.#reasons.set(cluster, reason);
      return false;
    }
  }

  async #copy(cluster: string, stores: Stores, to: To, signal: AbortSignal): Promise<void> {
    const waiting = await this.#waitingOf(cluster, stores);
    if (waiting === undefined) return;
    const { head, since } = waiting;
    const { ledger } = stores;
    const by = nameOf(to);
    const copying: Copying = {
      bucket: to.into,
      prefix: `${to.prefix}${encodeURIComponent(cluster)}/`,
      signal,
      tell: (what, copied, reason) => {
        this.#metrics.logCopiesTotal.add(1, { cluster, result: copied });
        if (reason !== undefined)
          this.#log.error('Something of the log was not copied', { cluster, what, reason });
      },
    };
    const { size: from, wrong } = await copiedUntil(stores, head, by, copying);
    this.#tellWrong(cluster, waiting, wrong);
    if (from < head.size) {
      if (Date.now() - since < to.delayMilliseconds) return;
      await copyLog(stores, { from, head }, copying);
      await ledger.confirm({ size: head.size, checkpoint: head.checkpoint, by, kind: 'copy', text: '' });
    }
    this.#copied.set(cluster, head.checkpoint);
    this.#waiting.delete(cluster);
  }

  /** What is to be copied next: the log as it was when something was first found to be missing, and not what came since. */
  async #waitingOf(cluster: string, { ledger }: Stores): Promise<Waiting | undefined> {
    const before = this.#waiting.get(cluster);
    if (before !== undefined) return before;
    const head = await ledger.head();
    if (head === undefined || head.checkpoint === this.#copied.get(cluster)) return undefined;
    const waiting = { head, since: Date.now(), wrong: new Set<string>() };
    this.#waiting.set(cluster, waiting);
    return waiting;
  }

  /** Tells once what the store says to be copied and the bucket does not have: it is copied anew. */
  #tellWrong(cluster: string, waiting: Waiting, wrong: readonly string[]): void {
    for (const reason of wrong) {
      if (waiting.wrong.has(reason)) continue;
      waiting.wrong.add(reason);
      this.#metrics.logCopiesTotal.add(1, { cluster, result: 'changed' });
      this.#log.error('What is kept of the copies of the log is not so', { cluster, reason });
    }
  }
}

type To = SinkOptions & { readonly into: LockedBucket };

/** What stands for the bucket where it is kept how far copies are. */
const nameOf = ({ endpoint = 'aws', bucket, prefix }: To): string => `copies ${endpoint} ${bucket}/${prefix}`;
