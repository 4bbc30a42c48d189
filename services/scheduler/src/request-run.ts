import { reportWindows, type ReportWindow } from '@margay/contracts';
import type { Instant, Window } from '@margay/ground';
import { publishAll, type Bus } from '@margay/messaging';
import type { GlobalReport } from '@margay/reports';
import { askForRevision, askForRun, type AskedRun, type Stores } from '@margay/storage';

/**
 * Asks for one run of a report over a window of a person's choice, see `askForRun`, and hands it to the workers at once.
 *
 * @returns the window, whose id its report will have.
 */
export const requestRun = (
  bus: Bus,
  stores: Stores,
  cluster: string,
  report: GlobalReport,
  span: Window,
  now: Instant,
): Promise<ReportWindow> => handed(bus, askForRun(stores, cluster, report, span, now));

/** Asks for the next revision of an archived report, see `askForRevision`, and hands it to the workers at once. */
export const requestRevision = (bus: Bus, stores: Stores, id: string, now: Instant): Promise<ReportWindow> =>
  handed(bus, askForRevision(stores, id, now));

async function handed(bus: Bus, asked: Promise<AskedRun>): Promise<ReportWindow> {
  const { window } = await asked;
  await publishAll(bus, reportWindows, [window]);
  return window;
}
