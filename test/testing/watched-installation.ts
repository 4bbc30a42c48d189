import { knownIn, publishIngested, watchCluster } from '@margay/audit-ingestor';
import { doubtsFor, tellerOf } from '@margay/coverage';
import type { Instant, Window } from '@margay/ground';
import { Proof, type KubernetesClient } from '@margay/kubernetes';
import { openEmbeddedBus, type Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { computeWindow } from '@margay/report-worker';
import { openMetrics, silentLog } from '@margay/runtime';
import { connectTransports, ProcessModule } from '@margay/runtime/nest';
import { evidenceLag } from '@margay/snapshotter';
import { SnapshotterModule } from '@margay/snapshotter/module';
import type { Stores } from '@margay/storage';
import { STORES, StoresModule } from '@margay/storage/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { onTestFinished, vi } from 'vitest';
import { ownFolder } from './margay.ts';
import { provenNow } from './proven.ts';

/** Ingestors that list and watch, each with a folder of its own, and a snapshotter that keeps what they tell of one cluster. */
export class WatchedInstallation {
  readonly #bus: Bus;
  readonly #stores: Stores;
  readonly #proof = new Proof();
  #folder = '';
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(bus: Bus, stores: Stores) {
    this.#bus = bus;
    this.#stores = stores;
    this.losePositions();
  }

  static async start(): Promise<WatchedInstallation> {
    const bus = BusModule.opened(async () => openEmbeddedBus(':memory:'), ['c']);
    const metrics = openMetrics({ defaults: false });
    const testing = await Test.createTestingModule({
      imports: [
        ProcessModule.with({ log: silentLog, metrics, pauseMilliseconds: 5 }),
        SnapshotterModule.over(bus, StoresModule.embedded(':memory:', 'c')),
      ],
    }).compile();
    const app = testing.createNestApplication(new FastifyAdapter());
    connectTransports(app);
    await app.init();
    await app.startAllMicroservices();
    const installation = new WatchedInstallation(app.get<Bus>(BUS), app.get<Stores>(STORES));
    onTestFinished(async () => {
      await installation.end();
      await app.close();
    });
    return installation;
  }

  /** The ingestor gets a new, empty folder, as with a new volume. */
  losePositions(): void {
    this.#folder = ownFolder();
  }

  /** Begins, or goes on where it stopped, always by the same name. */
  follow(client: KubernetesClient): void {
    this.#stop = new AbortController();
    const reader = this.#folder;
    this.#running = watchCluster({
      client,
      openKnown: knownIn(this.#folder),
      watcher: 'ingestor-0',
      log: silentLog,
      proof: this.#proof,
      signal: this.#stop.signal,
      deliver: (ingested) =>
        publishIngested(this.#bus, 'c', ingested, { teller: tellerOf(reader, ingested.mark.source) }),
    }).finally(() => client.close());
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** An instant up to which all kinds have proven what they told, and all of it is kept. */
  async proven(): Promise<Instant> {
    const at = await provenNow(this.#proof, (window) => this.#isProven(window), 13);
    await this.kept();
    return at;
  }

  async #isProven(window: Window): Promise<boolean> {
    const marks = await this.#stores.coverage.marks(window);
    const deliveries = await this.#stores.coverage.deliveries(window.end);
    return marks.length > 0 && doubtsFor(marks, window, { birth: 0, deliveries }).length === 0;
  }

  /** Until all that was published is kept. */
  async kept(): Promise<void> {
    await vi.waitUntil(async () => (await evidenceLag(this.#bus)) === 0, { timeout: 30_000, interval: 50 });
  }

  /** What an inventory says of an instant: whether its evidence is complete, and of each pod of a namespace whether policies are on it. */
  async said(start: number, namespace: string) {
    const spec = { reportType: 'inventory', endpoints: { namespaces: { names: [namespace] } } };
    const asked = { cluster: 'c', id: 'w', reportName: 'r', reportType: 'inventory', spec };
    const window = { ...asked, start, end: start + 1, manual: false };
    const { endpoints, evidence } = await computeWindow(this.#stores, window);
    const pods = endpoints.map(({ endpoint, ingressProtected, notKnown }) => {
      const name = endpoint.replace(/^.*\/(.*)\)$/, '$1');
      return `${name} ${notKnown.length > 0 ? 'not known' : ingressProtected ? 'protected' : 'open'}`;
    });
    return { isComplete: evidence.sources?.complete, pods: pods.sort() };
  }
}
