import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import { findConnection, KubernetesClient } from '@margay/kubernetes';
import { BUS, busAnswers, busProvider, handling, type Bus } from '@margay/messaging';
import { traced, type Log, type Service } from '@margay/runtime';
import { STORES, storesAnswer, storesProvider, type Stores } from '@margay/storage';
import { config } from './config.ts';
import { emitDueWindows } from './emit-windows.ts';
import { followResults } from './follow-results.ts';
import { scheduleCluster } from './schedule-cluster.ts';
import { readReportsFolder, type ReportsFolder } from './read-reports.ts';

const SCHEDULE_MILLISECONDS = 1_000;
const now = (): Instant => Date.now() * 1_000;

/** The scheduler as a process of its own. Any number of them may run. */
export const scheduler: Service<typeof config> = {
  name: 'scheduler',
  config,
  module: (process) => ({
    module: class Scheduler {},
    providers: [busProvider(process, 'scheduler'), storesProvider(process.config)],
  }),
  checks: (get) => ({
    kafka: busAnswers(get<Bus>(BUS)),
    elasticsearch: storesAnswer(get<Stores>(STORES)),
  }),
  stages(get, process) {
    const bus = get<Bus>(BUS);
    const { windows } = get<Stores>(STORES);
    const { config: settings, log, metrics } = process;
    const schedule = {
      cluster: settings.CLUSTER_NAME,
      startDelay: settings.TIGERA_COMPLIANCE_JOB_START_DELAY * 1_000,
    };
    const told = new Set<string>();
    metrics.onScrape(async () => {
      const active = await windows.list({ states: ['emitted', 'running'], limit: 1_000 });
      const oldest = active.reduce((before, { emittedAt }) => Math.min(before, emittedAt), now());
      metrics.windowAgeSeconds.set((now() - oldest) / 1e6);
    });
    const onEmitted = async (emitted: readonly ReportWindow[]) => {
      for (const { id, reportName: report } of emitted) {
        log.info('A window was emitted', { id, report });
        metrics.windowsTotal.add(1, { report });
        metrics.windowsActive.set(await windows.active(report), { report });
      }
    };
    const fromFolder = (folder: string) => async (signal: AbortSignal) => {
      while (!signal.aborted) {
        const { reports } = tellProblems(await readReportsFolder(folder), told, log);
        await traced('schedule', {}, async () =>
          onEmitted(await emitDueWindows(bus, windows, reports, schedule, now())),
        );
        await sleep(SCHEDULE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    };
    const fromCluster = async (signal: AbortSignal) => {
      const { KUBECONFIG: kubeconfig, GLOBAL_REPORT_GROUP: group } = settings;
      const connection = await findConnection(globalThis.process.env, kubeconfig);
      const client = new KubernetesClient(connection);
      const jobNamespace = settings.TIGERA_COMPLIANCE_JOB_NAMESPACE;
      try {
        await scheduleCluster({
          ...schedule,
          client,
          group,
          ...(jobNamespace !== undefined && { jobNamespace }),
          bus,
          windows,
          now,
          signal,
          log,
          onEmitted: (emitted) => void onEmitted(emitted),
        });
      } finally {
        client.close();
      }
    };
    const folder = settings.REPORTS_DIRECTORY;
    return {
      schedule: folder === undefined ? fromCluster : fromFolder(folder),
      results: (signal) => followResults(bus, windows, now, handling(process, signal)),
    };
  },
  async stop(get) {
    await get<Bus>(BUS).close();
    await get<Stores>(STORES).close();
  },
};

/** Each problem of a manifest is told once. */
function tellProblems(folder: ReportsFolder, told: Set<string>, log: Log): ReportsFolder {
  for (const problem of folder.problems) {
    if (!told.has(problem)) log.warn('A GlobalReport is not used', { problem });
    told.add(problem);
  }
  return folder;
}
