import { reportWindowOf, reportWindows, type ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import { publishAll, type Bus } from '@margay/messaging';
import type { GlobalReport } from '@margay/reports';
import type { Windows } from '@margay/storage';

/**
 * Asks for one run of a report over a window of a person's choice. It is archived and listed like any other, and counts
 * neither for the schedule nor in the status. Asked for again, it is the same run.
 *
 * @returns the window, whose id its report will have.
 */
export async function requestRun(
  bus: Bus,
  windows: Windows,
  cluster: string,
  report: GlobalReport,
  span: { readonly start: Instant; readonly end: Instant },
  now: Instant,
): Promise<ReportWindow> {
  const window = reportWindowOf(cluster, report, span, true);
  await windows.emit([window], now);
  await publishAll(bus, reportWindows, [window]);
  return window;
}
