import { join } from 'node:path';
import { databaseIn, isUnusable, type DatabaseUnusable } from '@margay/sqlite';
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { clustersOf, type CellConfig, type Log, type Metrics } from '@margay/runtime';
import { LOG, METRICS, Readiness, Stages, watchDisk } from '@margay/runtime/nest';
import { toldArchive } from '../archive/told-archive.ts';
import { cellOver, type Cell } from '../cell.ts';
import { openElasticsearchCell } from '../elasticsearch.ts';
import { openEmbedded, type EmbeddedOptions } from '../embedded.ts';
import { lookThrough, type LookedAt } from '../look-through/look-through.ts';
import type { Stores } from '../stores.ts';
import { unreadableStores } from '../unreadable.ts';
import { elasticsearchPlaceOf, type ElasticsearchConfig } from '../settings.ts';

/** The token of the stores of all clusters. */
export const CELL = 'CELL';

/** The token of the stores of the cluster that is meant where none is named. */
export const STORES = 'STORES';

type OpenedCell = Cell & Pick<Stores, 'close'>;

/** The stores of an application, closed with it. */
@Module({})
export class StoresModule implements OnApplicationShutdown {
  readonly #cell: OpenedCell;

  constructor(@Inject(CELL) cell: OpenedCell) {
    this.#cell = cell;
  }

  /**
   * Those of the cell’s clusters in Elasticsearch, as the settings say.
   *
   * @param uses of one that mostly reads it is a warning that nothing can be written: what it shows is there.
   */
  static elasticsearch(
    config: ElasticsearchConfig & CellConfig,
    uses: 'writes' | 'mostly reads' = 'writes',
  ): DynamicModule {
    return moduleOf(async (readiness, stages) => {
      const cell = await openElasticsearchCell(elasticsearchPlaceOf(config), clustersOf(config));
      const look = async () => void (await cell.of(cell.clusters[0]!).windows.list({ limit: 1 }));
      // Until it answers for the first time the log says why it does not; then the check does.
      stages.keep('elasticsearch', look);
      readiness.add('elasticsearch', async () => {
        await look();
        const problem = cell.writesProblem();
        return problem === undefined || uses === 'writes' ? problem : { warning: problem };
      });
      return cell;
    });
  }

  /** The embedded ones of one cluster in a folder, which one process uses. */
  static embedded(directory: string, cluster: string, options: EmbeddedOptions = {}): DynamicModule {
    return moduleOf(async (readiness, stages, metrics) => {
      const stores = openEmbedded(directory, options);
      if (stores.isUnchecked) lookBehindStart(directory, readiness, stages);
      watchDisk(readiness, metrics, directory);
      return ofOne(cluster, stores);
    });
  }

  /** What a hub keeps of clusters in a folder, which one process uses: of each in a folder of its own. */
  static ofHub(directory: string, clusters: readonly string[]): DynamicModule {
    return moduleOf(async (readiness, _, metrics) => {
      const stores = storesOfHub(directory, clusters);
      watchDisk(readiness, metrics, directory);
      const close = async () => {
        for (const each of stores.values()) await each.close();
      };
      return { ...cellOver(stores), close };
    });
  }

  /** Any others of one cluster, opened when the application is made. */
  static opened(open: () => Promise<Stores>, cluster: string): DynamicModule {
    return moduleOf(async () => ofOne(cluster, await open()));
  }

  onApplicationShutdown(): Promise<void> {
    return this.#cell.close();
  }
}

/**
 * Of each cluster the stores, of one that cannot be opened such as say why: the others have nothing to do with it.
 *
 * @throws DatabaseUnusable where none can be opened, or another process uses one: it uses the folder.
 */
function storesOfHub(directory: string, clusters: readonly string[]): Map<string, Stores> {
  const opened = new Map<string, Stores>();
  const failed = new Map<string, DatabaseUnusable>();
  for (const cluster of clusters)
    try {
      opened.set(cluster, openEmbedded(join(directory, encodeURIComponent(cluster)), { isOfHub: true }));
    } catch (error) {
      if (!isUnusable(error)) throw error;
      failed.set(cluster, error);
    }
  const [first] = opened.values();
  const [error] = failed.values();
  if (first === undefined) throw error!;
  return new Map(
    clusters.map((cluster) => [
      cluster,
      opened.get(cluster) ?? unreadableStores(failed.get(cluster)!, first.sessions),
    ]),
  );
}

const ofOne = (cluster: string, stores: Stores): OpenedCell => ({
  ...cellOver(new Map([[cluster, stores]])),
  close: () => stores.close(),
});

/** Looks through a file that is too large for the start. Damage ends the stage, as it would have ended the start. */
function lookBehindStart(directory: string, readiness: Readiness, stages: Stages): void {
  let looked: LookedAt | undefined;
  let isOver = false;
  const words = () =>
    looked === undefined
      ? 'is being looked through'
      : `${looked.done} of ${looked.of} tables are looked through`;
  stages.keep('database', async (signal) => {
    await lookThrough(databaseIn(directory), (each) => void (looked = each), signal);
    isOver = true;
  });
  readiness.add('database pages', () =>
    isOver
      ? undefined
      : { warning: `The database is large, and is looked for damage behind the start: ${words()}.` },
  );
}

const moduleOf = (
  open: (readiness: Readiness, stages: Stages, metrics: Metrics) => Promise<OpenedCell>,
): DynamicModule => ({
  module: StoresModule,
  providers: [
    {
      provide: CELL,
      inject: [Readiness, Stages, METRICS, LOG],
      useFactory: async (readiness: Readiness, stages: Stages, metrics: Metrics, log: Log) =>
        tellingOfDamage(await open(readiness, stages, metrics), metrics, log),
    },
    { provide: STORES, inject: [CELL], useFactory: (cell: Cell) => cell.of(cell.clusters[0]!) },
  ],
  exports: [CELL, STORES],
});

/** The same stores; whatever is read of their archives and is not what was archived is counted and logged. */
function tellingOfDamage(cell: OpenedCell, metrics: Metrics, log: Log): OpenedCell {
  const told = cell.clusters.map((cluster) => {
    const stores = cell.of(cluster);
    const archive = toldArchive(stores.archive, ({ what, message }) => {
      metrics.archiveDamagedTotal.add(1, { cluster, what });
      log.error('The archive was changed', { cluster, reason: message });
    });
    return [cluster, { ...stores, archive }] as const;
  });
  return {
    ...cellOver(new Map(told), (cluster) => cell.asidesOf(cluster)),
    newest: () => cell.newest(),
    close: () => cell.close(),
  };
}
