import { BusModule } from '@margay/messaging/nest';
import type { Bus } from '@margay/messaging';
import { computeWindow, type Compute } from '@margay/report-worker';
import { ReportWorkerModule } from '@margay/report-worker/module';
import { splitReport } from '@margay/reports';
import { silentLog } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { SchedulerModule } from '@margay/scheduler/module';
import { SnapshotterModule } from '@margay/snapshotter/module';
import type { Stores } from '@margay/storage';
import { StoresModule } from '@margay/storage/nest';

/** Computes in this thread, from the stores. */
export const computeFrom =
  (stores: Stores): Compute =>
  async (window, unapplied) => {
    const read = await stores.arrivals.place();
    const { header, digest, parts } = splitReport(await computeWindow(stores, window, { unapplied }));
    return { header, digest, parts: [...parts], read };
  };

/**
 * Snapshotter, report-worker and scheduler in one application over an open bus and stores; the scheduler keeps what became of
 * windows and has no schedules. The returned function stops them, which closes bus and stores.
 */
export async function startServicesOver(
  bus: Bus,
  stores: Stores,
  cluster = 'recorded',
): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  const adapters = [BusModule.opened(async () => bus), StoresModule.opened(async () => stores, cluster)];
  const { ended } = await startApplication({
    modules: [
      SnapshotterModule.over(...adapters),
      ReportWorkerModule.over(computeFrom(stores), { evidenceMilliseconds: 600_000 }, ...adapters),
      SchedulerModule.over({ clusters: [cluster], startDelay: 0 }, ...adapters),
    ],
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    signal: stopping.signal,
  });
  // Who stops them is told. Until then it would be nobody's error, and end the run of the tests without a test that failed.
  ended.catch(() => {});
  return async () => {
    stopping.abort();
    await ended;
  };
}
