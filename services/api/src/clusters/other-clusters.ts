import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem, reasonOf, type Log, type Metrics } from '@margay/runtime';
import { openBehind, type ApplicationBehind, type Clock, type Readiness } from '@margay/runtime/nest';
import { cellOver, type Cell, type Stores } from '@margay/storage';
import type { DynamicModule } from '@nestjs/common';
import type { RequestLimits } from '../http/limits.ts';
import type { ClustersHere } from './clusters-here.ts';
import { unknownCluster } from './unknown-cluster.ts';
import { Fleet, type HubView, type ViewerIn } from './fleet.ts';

/** What there is beside the cluster of an API. */
export interface Others {
  readonly cell: Cell;
  /** The API of another cluster, over its stores. */
  readonly moduleOf: (here: ClustersHere, stores: Stores, limits: RequestLimits) => DynamicModule;
  /** Who asks, as another cluster knows them. */
  readonly viewerIn: ViewerIn;
  readonly hub: HubView;
  /** Those of the first one: who asks for too much asks one process for it. */
  readonly limits: RequestLimits;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
}

/** A cluster that is being opened, or was, or could not be. */
interface Opening {
  readonly application: Promise<ApplicationBehind>;
  /** When that failed, in milliseconds. */
  failedAt?: number;
}

/** One that could not be opened is tried again after so long, however many ask for it. */
const PAUSE_MILLISECONDS = 5_000;

/**
 * Serves each other cluster by an application of its own, made when it is first asked for: its stores, its rights and all that it
 * remembers are its own, so that nothing of one cluster can come into an answer of another.
 *
 * Sessions alone are kept in one place, those of the first cluster, so that whoever signed in by an identity provider is known to all.
 */
export class OtherClusters implements ClustersHere {
  readonly asked: string;
  readonly names: readonly string[];
  readonly fleet: Fleet;
  readonly cell: Cell;
  readonly counted: ReadonlyMap<string, Stores>;
  readonly metrics: Metrics;
  readonly #others: Others;
  readonly #open = new Map<string, Opening>();

  constructor(others: Others) {
    const { cell, metrics, readiness, viewerIn, hub, log } = others;
    this.#others = others;
    this.names = cell.clusters;
    this.asked = cell.clusters[0]!;
    this.fleet = new Fleet(cell, viewerIn, log, hub);
    this.cell = cell;
    this.counted = new Map(cell.clusters.map((name) => [name, cell.of(name)]));
    this.metrics = metrics;
    readiness.add('clusters', async () => {
      const words = [
        ...unreadableOf(await this.fleet.unreadable()),
        (await this.fleet.doubles()) ?? [],
      ].flat();
      return words.length === 0 ? undefined : { warning: words.join(' ') };
    });
  }

  async answers(cluster: string): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
    if (!this.names.includes(cluster)) throw unknownCluster();
    try {
      return (await this.#opening(cluster).application).answer;
    } catch {
      // Whoever asks may see nothing of the cluster: why is for the log.
      throw new Problem(503, 'Unavailable', 'The cluster cannot be looked at now; the log says why', {
        'retry-after': String(PAUSE_MILLISECONDS / 1_000),
      });
    }
  }

  #opening(cluster: string): Opening {
    const known = this.#open.get(cluster);
    const isToWait = performance.now() - (known?.failedAt ?? -Infinity) < PAUSE_MILLISECONDS;
    if (known !== undefined && (known.failedAt === undefined || isToWait)) return known;
    const opening: Opening = { application: this.#opened(cluster) };
    this.#open.set(cluster, opening);
    opening.application.catch((error: unknown) => {
      opening.failedAt = performance.now();
      this.#others.log.error('A cluster cannot be looked at', { cluster, reason: reasonOf(error) });
    });
    return opening;
  }

  /** Before the API listens. */
  async onApplicationBootstrap(): Promise<void> {
    await this.fleet.lookAhead();
  }

  /** When the API is closed. */
  async onApplicationShutdown(): Promise<void> {
    const opened = await Promise.allSettled([...this.#open.values()].map(({ application }) => application));
    await Promise.all(opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value.close()] : [])));
  }

  #opened(cluster: string): Promise<ApplicationBehind> {
    const { cell, moduleOf, limits, log, clock } = this.#others;
    const stores: Stores = { ...cell.of(cluster), sessions: cell.of(this.asked).sessions };
    const here: ClustersHere = {
      asked: cluster,
      names: this.names,
      fleet: this.fleet,
      cell: this.cell,
      counted: new Map(),
      metrics: this.metrics,
      answers: () => Promise.reject(unknownCluster()),
    };
    return openBehind(moduleOf(here, stores, limits), { log, clock });
  }
}

/** The others are served. */
const unreadableOf = (unreadable: ReadonlyMap<string, string>): string[] =>
  [...unreadable].map(([cluster, why]) => `Nothing of ${cluster} can be read: ${why}`);

/** The clusters of an API that has one. */
export function onlyCluster(
  cluster: string,
  stores: Stores,
  { log, metrics, hub }: Pick<Others, 'log' | 'metrics' | 'hub'>,
): ClustersHere {
  const cell = cellOver(new Map([[cluster, stores]]));
  return {
    asked: cluster,
    names: [cluster],
    fleet: new Fleet(cell, async (_, __, asking) => asking, log, hub),
    cell,
    counted: new Map([[cluster, stores]]),
    metrics,
    answers: () => Promise.reject(unknownCluster()),
  };
}
