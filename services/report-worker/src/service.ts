import { reportWindows } from '@margay/contracts';
import { BUS, busAnswers, busProvider, handling, measureLag, type Bus } from '@margay/messaging';
import type { Service } from '@margay/runtime';
import { elasticsearchOptionsOf, STORES, storesAnswer, storesProvider, type Stores } from '@margay/storage';
import { computeInThread } from './compute-in-thread.ts';
import { config } from './config.ts';
import { GROUP, workOnWindows } from './work-on-windows.ts';

/** The report worker as a process of its own. Each takes one window after another: more workers, more windows at once. */
export const reportWorker: Service<typeof config> = {
  name: 'report-worker',
  config,
  module: (process) => ({
    module: class ReportWorker {},
    providers: [busProvider(process, 'report-worker'), storesProvider(process.config)],
  }),
  checks: (get) => ({
    kafka: busAnswers(get<Bus>(BUS)),
    elasticsearch: storesAnswer(get<Stores>(STORES)),
  }),
  stages(get, process) {
    const { config: settings, log, metrics } = process;
    const bus = get<Bus>(BUS);
    measureLag(bus, metrics, GROUP, [reportWindows.name]);
    const compute = computeInThread({
      elasticsearch: elasticsearchOptionsOf(settings, settings.CLUSTER_NAME),
    });
    return {
      windows: (signal) =>
        workOnWindows({
          ...handling(process, signal),
          bus,
          stores: get<Stores>(STORES),
          now: () => Date.now() * 1_000,
          async compute(window) {
            const type = window.reportType;
            const observe = metrics.reportSeconds.start({ type });
            const computed = await compute(window);
            observe();
            metrics.reportRowsTotal.add(
              computed.parts.reduce((sum, { rows }) => sum + rows.length, 0),
              { type },
            );
            return computed;
          },
          onFinished({ id, reportName, reportType: type }, result) {
            metrics.reportsTotal.add(1, { type, result });
            log.info('A window is done', { id, report: reportName, result });
          },
          onAttemptFailed({ id, reportName, reportType: type }, attempt, error) {
            metrics.reportsTotal.add(1, { type, result: 'retried' });
            log.warn('A window could not be computed', {
              id,
              report: reportName,
              attempt,
              reason: error.message,
              error,
            });
          },
        }),
    };
  },
  async stop(get) {
    await get<Bus>(BUS).close();
    await get<Stores>(STORES).close();
  },
};
