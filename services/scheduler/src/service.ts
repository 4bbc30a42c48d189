import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '@margay/history';
import { BUS, busProvider, handling, type Bus } from '@margay/messaging';
import { traced, type Log, type Service } from '@margay/runtime';
import { STORES, storesAnswer, storesProvider, type Stores } from '@margay/storage';
import { config } from './config.ts';
import { emitDueWindows } from './emit-windows.ts';
import { followResults } from './follow-results.ts';
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
  checks: (get) => ({ elasticsearch: storesAnswer(get<Stores>(STORES)) }),
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
    return {
      async schedule(signal) {
        while (!signal.aborted) {
          const { reports } = tellProblems(await readReportsFolder(settings.REPORTS_DIRECTORY), told, log);
          const emitted = await traced('schedule', {}, async () => {
            const emitted = await emitDueWindows(bus, windows, reports, schedule, now());
            for (const { id, reportName } of emitted) {
              log.info('A window was emitted', { id, report: reportName });
              metrics.windowsTotal.add(1, { report: reportName });
            }
            return emitted;
          });
          for (const { reportName: report } of emitted)
            metrics.windowsActive.set(await windows.active(report), { report });
          await sleep(SCHEDULE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
        }
      },
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
