import { reportWindowOf, reportWindows, type ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import { publishAll, type Bus } from '@margay/messaging';
import type { GlobalReport } from '@margay/reports';
import type { Windows } from '@margay/storage';
import { dueWindows } from './due-windows.ts';

export interface Schedule {
  readonly cluster: string;
  /** Microseconds between a window's end and its report. */
  readonly startDelay: number;
  /** Has windows computed, each at least once; by the workers, through the topic, unless given. */
  readonly hand?: (windows: readonly ReportWindow[]) => Promise<void>;
}

/** A GlobalReport with the instant at which it came into being, if its source knows that. */
export interface ScheduledReport {
  readonly report: GlobalReport;
  readonly createdAt?: Instant;
}

/**
 * Emits the windows of all reports that are due at `now`.
 *
 * Any number of schedulers may do this at once: a window's id is a function of report, start and end, and what has
 * been emitted already is not emitted again. A window is kept first and published then; one that was kept and, after a
 * crash, not published is found by `lostWindows`.
 *
 * @returns the windows that were new.
 */
export async function emitDueWindows(
  bus: Bus,
  windows: Windows,
  reports: readonly ScheduledReport[],
  { cluster, startDelay, hand = (due) => publishAll(bus, reportWindows, due) }: Schedule,
  now: Instant,
): Promise<ReportWindow[]> {
  const emitted: ReportWindow[] = [];
  for (const { report, createdAt } of reports) {
    if (report.spec.schedule === undefined) continue;
    const appearedAt = await windows.appeared(report.name, createdAt ?? now);
    const due = dueWindows({
      schedule: report.spec.schedule,
      suspend: report.spec.suspend ?? false,
      from: (await windows.lastEnd(report.name)) ?? appearedAt,
      now,
      startDelay,
      active: await windows.active(report.name),
    });
    emitted.push(
      ...(await windows.emit(
        due.map((window) => reportWindowOf(cluster, report, window)),
        now,
      )),
    );
  }
  if (emitted.length > 0) await hand(emitted);
  return emitted;
}
