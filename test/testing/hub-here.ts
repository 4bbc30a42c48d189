import { anyone, type Authority } from '@margay/api';
import { cellsSetting, hubOver } from '@margay/api/hub';
import type { Clusters } from '@margay/api-contract';
import type { ReportWindow } from '@margay/contracts';
import { signingKey, type SigningKey, verifierKeyText } from '@margay/ledger';
import type { Bus } from '@margay/messaging';
import { BusModule } from '@margay/messaging/nest';
import { type Metrics, openMetrics, silentLog } from '@margay/runtime';
import { type Clock, connectTransports, ProcessModule } from '@margay/runtime/nest';
import { type Compute, computeWindow, tellHubsOfHead, workOn } from '@margay/report-worker';
import { ReportWorkerModule, type WorkerOptions } from '@margay/report-worker/module';
import { splitReport } from '@margay/reports';
import { openEmbedded, type Stores } from '@margay/storage';
import { StoresModule } from '@margay/storage/nest';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SPAN, windowOf } from './recorded-stores.ts';

/** The key of the log of a cluster. */
export const logKeyOf = (cluster: string): SigningKey =>
  signingKey(`margay.example/${cluster}`, new Uint8Array(32).fill(cluster.charCodeAt(0)));

/** `HUB_CELLS` of a cell for each of the clusters. */
export const cellsOf = (...clusters: readonly string[]): string =>
  cellsWith(Object.fromEntries(clusters.map((cluster) => [cluster, undefined])));

/** The same, with the uids of those of which one is said. */
export const cellsWith = (clusters: Readonly<Record<string, string | undefined>>): string =>
  JSON.stringify(
    Object.entries(clusters).map(([cluster, uid]) => ({
      name: `cell-of-${cluster}`,
      api: `https://margay.${cluster}.example`,
      clusters: [{ name: cluster, keys: [verifierKeyText(logKeyOf(cluster))], uid }],
    })),
  );

const AFTER = SPAN.end + 3_600_000_000;

/** Tellers of a cluster whose kube-system has this uid. */
const tellersOf = (evidence: Stores, uid: string): Stores['tellers'] => ({
  ...evidence.tellers,
  facts: async () => [
    { what: 'first', teller: '' },
    { what: 'is', uid, at: 0 },
  ],
});

/** One that no other of these clusters has. */
const uidOf = (cluster: string): string => Buffer.from(cluster).toString('hex').slice(0, 36);

/**
 * The worker of a cell, whose reports have the evidence of the recorded cluster.
 *
 * @param ledgerKey signs its log. @param uid of its cluster.
 */
export function cellHere(
  cluster: string,
  evidence: Stores,
  bus: Bus,
  ledgerKey = logKeyOf(cluster),
  uid = uidOf(cluster),
) {
  const stores = openEmbedded(':memory:');
  const { archive, ledger, windows } = stores;
  const own = { ...evidence, tellers: tellersOf(evidence, uid), archive, ledger, windows };
  const compute: Compute = async (asked) => {
    const { header, digest, parts } = splitReport(await computeWindow(evidence, asked));
    return { header, digest, parts: [...parts], read: await evidence.arrivals.place() };
  };
  /** Has a window that its workers may take; its report is of this id. */
  const due = async (id: string): Promise<ReportWindow> => {
    const window = { ...windowOf(id, 'inventory'), cluster, reportName: 'daily' };
    await stores.windows.emit([window], AFTER);
    return window;
  };
  return {
    stores,
    due,
    /** Its worker as a process has it, until that is closed. */
    worker: (options: Partial<WorkerOptions> = {}) =>
      workerOver(own, cluster, bus, compute, { evidenceMilliseconds: 0, ledgerKey, ...options }),
    /** What its workers tell each minute. */
    tellHead: async (now = Date.now() * 1_000) =>
      tellHubsOfHead(bus, stores, cluster, { key: ledgerKey, now }),
    async report(id: string, to = bus): Promise<void> {
      const window = await due(id);
      const result = await workOn(window, {
        bus: to,
        stores: own,
        compute,
        now: () => AFTER,
        signal: new AbortController().signal,
        evidenceMilliseconds: 0,
        ledgerKey,
        tell: {
          failed: (_, error) => {
            throw error;
          },
          away: () => {},
          late: () => {},
          logged: () => {},
          unlogged: (error) => {
            throw error;
          },
          unexplained: () => {},
        },
      });
      if (result !== 'completed') throw new Error(`${id} is ${result}`);
    },
  };
}

async function workerOver(
  stores: Stores,
  cluster: string,
  bus: Bus,
  compute: Compute,
  options: WorkerOptions,
): Promise<NestFastifyApplication> {
  const work = ReportWorkerModule.over(
    compute,
    options,
    BusModule.opened(async () => ({ ...bus, close: async () => {} })),
    StoresModule.opened(async () => ({ ...stores, close: async () => {} }), cluster),
  );
  return started(work, { metrics: openMetrics({ defaults: false }) });
}

/** An application in this process, which reads its topics. */
async function started(
  work: ReturnType<typeof hubOver>,
  parts: { readonly metrics: Metrics; readonly clock?: Clock },
): Promise<NestFastifyApplication> {
  const module = await Test.createTestingModule({
    imports: [ProcessModule.with({ log: silentLog, pauseMilliseconds: 5, ...parts }), work],
  }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  connectTransports(app);
  await app.init();
  await app.startAllMicroservices();
  return app;
}

export interface HubHere {
  /** Where its cells tell it things; it stays open. */
  readonly bus: Bus;
  readonly directory: string;
  /** As `HUB_CELLS` has them. */
  readonly cells: string;
  readonly clock: () => number;
  readonly access?: (cluster: string) => Authority;
}

/** A hub in this process. */
export async function hubHere({ bus, directory, cells, clock, access = () => anyone }: HubHere) {
  const metrics = openMetrics({ defaults: false });
  const watched = cellsSetting().parse(cells);
  const clusters = watched.map(({ cluster }) => cluster);
  const hub = hubOver(
    watched,
    { access, isOneAuthority: true },
    {},
    BusModule.opened(async () => ({ ...bus, close: async () => {} })),
    StoresModule.ofHub(directory, clusters),
  );
  const app = await started(hub, { metrics, clock });
  await app.getHttpAdapter().getInstance().ready();
  const ask = async (path: string) => app.inject({ method: 'GET', url: `/api/v1${path}` });
  return {
    app,
    metrics,
    ask,
    post: async (path: string) => app.inject({ method: 'POST', url: `/api/v1${path}` }),
    /** The clusters as its page has them, by name. */
    clusters: async () =>
      Object.fromEntries(
        (await ask('/clusters')).json<Clusters>().items.map((item) => [item.name, item] as const),
      ),
  };
}
