import { setTimeout as sleep } from 'node:timers/promises';
import { reportWindowOf, reportWindows, type ReportWindow } from '@margay/contracts';
import { findGlobalReport, readReportEnvironment, type KubernetesClient } from '@margay/kubernetes';
import { publishAll } from '@margay/messaging';
import type { Log } from '@margay/runtime';
import { toLog } from './telling.ts';
import { workOn, type Result, type WorkOptions } from './work-on-window.ts';

export interface MakeReportOptions extends Omit<WorkOptions, 'tell'> {
  readonly log: Log;
  readonly client: KubernetesClient;
  /** The API group of GlobalReports. */
  readonly group: string;
  readonly cluster: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The clock may be set meanwhile. */
const LONGEST_SLEEP_MILLISECONDS = 60_000;

/**
 * Makes the one report that the documented variables ask for (`TIGERA_COMPLIANCE_REPORT_NAME` and its start and end), as
 * a Job or a pod started by hand does. A window that the scheduler emitted is computed as it was emitted; any other
 * is a run that a person asked for: archived and listed, and not counted for the schedule. One that is not over yet is waited for.
 *
 * @throws Error that says what is wrong with the variables, or that there is no such GlobalReport.
 */
export async function makeReport(
  options: MakeReportOptions,
): Promise<{ readonly window: ReportWindow; readonly result: Result }> {
  const { log, now, signal, bus } = options;
  const window = await askedWindow(options);
  for (;;) {
    const result = await workOn(window, {
      ...options,
      tell: toLog(log, window),
      askForProof: async () => void (await publishAll(bus, reportWindows, [{ ...window, taken: true }])),
    });
    if (result !== 'refused') return { window, result };
    log.warn('The window is not over yet: it is waited for', { id: window.id });
    await sleep(Math.min((window.end - now()) / 1_000, LONGEST_SLEEP_MILLISECONDS), undefined, { signal });
  }
}

async function askedWindow({
  environment,
  cluster,
  client,
  group,
  stores,
  now,
}: MakeReportOptions): Promise<ReportWindow> {
  const asked = readReportEnvironment(environment);
  if ('problems' in asked) throw new Error(asked.problems.join('; '));
  const { reportName: name, start, end } = asked.request;
  const report = await findGlobalReport(client, name, group);
  const window = reportWindowOf(cluster, report, { start, end }, true);
  const known = await stores.windows.get(window.id);
  if (known !== undefined) return known.window;
  await stores.windows.emit([window], now());
  return window;
}
