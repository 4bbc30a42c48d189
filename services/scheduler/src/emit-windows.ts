import { reportWindowOf, reportWindows, type ReportWindow } from '@margay/contracts';
import type { Instant, Window } from '@margay/ground';
import { ACTIVE_MAX } from '@margay/kubernetes';
import { publishAll, type Bus } from '@margay/messaging';
import { nextTick, type GlobalReport } from '@margay/reports';
import type { KnownReport, Windows } from '@margay/storage';
import { dueWindows, pastStart, pastWindows } from './due-windows.ts';
import type { EvidenceSpan } from './evidence-span.ts';
import type { Hand } from './hand-on.ts';

export interface Schedule {
  readonly cluster: string;
  /** Microseconds between a window's end and its report. */
  readonly startDelay: number;
  /** Has windows computed, each at least once; by the workers, through the topic, unless given. */
  readonly hand?: Hand;
  /** The window of a report; one of `cluster` unless given. */
  readonly windowOf?: (report: GlobalReport, window: Window) => ReportWindow;
  /** Reports have the windows that their schedules would have had since then, too. */
  readonly since?: Instant;
  /** The time that the evidence spans; with `since`. */
  readonly evidence?: EvidenceSpan;
}

/** A GlobalReport with the instant at which it came into being, if its source knows that. */
export interface ScheduledReport {
  readonly report: GlobalReport;
  readonly createdAt?: Instant;
}

/** What came of a look at the schedules. */
export interface EmittedWindows {
  /** The windows that were new. */
  readonly emitted: readonly ReportWindow[];
  /** The reports, with what is due next. */
  readonly known: readonly KnownReport[];
}

/**
 * Emits the windows of all reports that are due at `now`.
 *
 * Any number of schedulers may do this at once: a window's id is a function of report, start and end, and what has
 * been emitted already is not emitted again. A window is kept first and published then; one that was kept and, after a
 * crash, not published is found by `lostWindows`.
 */
export async function emitDueWindows(
  bus: Bus,
  windows: Windows,
  reports: readonly ScheduledReport[],
  schedule: Schedule,
  now: Instant,
): Promise<EmittedWindows> {
  const { cluster, hand = (due) => publishAll(bus, reportWindows, due) } = schedule;
  const { windowOf = (report, window) => reportWindowOf(cluster, report, window) } = schedule;
  const emitted: ReportWindow[] = [];
  const known: KnownReport[] = [];
  for (const scheduled of reports) {
    const { report } = scheduled;
    const { due, next } = await dueOf(windows, scheduled, schedule, now);
    const fresh = await windows.emit(
      due.map((window) => windowOf(report, window)),
      now,
    );
    emitted.push(...fresh);
    known.push(knownReport(report, next));
  }
  if (emitted.length > 0) await hand(emitted);
  return { emitted, known };
}

/** What is known of a report for lists. */
export function knownReport({ name, spec, typeSpec }: GlobalReport, next?: KnownReport['next']): KnownReport {
  return {
    name,
    reportType: spec.reportType,
    spec,
    ...(typeSpec !== undefined && { typeSpec }),
    ...(next !== undefined && { next }),
  };
}

/** The windows of a report that are due, and the next one. */
async function dueOf(
  windows: Windows,
  { report: { name, spec }, createdAt }: ScheduledReport,
  { startDelay, since, evidence }: Schedule,
  now: Instant,
): Promise<{ readonly due: readonly Window[]; readonly next?: KnownReport['next'] }> {
  const { schedule, suspend = false } = spec;
  if (schedule === undefined) return { due: [] };
  const appearedAt = await windows.appeared(name, createdAt ?? now);
  const lastEnd = await windows.lastEnd(name);
  const past =
    since === undefined || evidence === undefined ? undefined : pastStart(schedule, since, evidence.first);
  const from = lastEnd ?? Math.min(appearedAt, past ?? appearedAt);
  const active = await windows.active(name);
  const until = from < appearedAt ? (evidence?.until ?? now) : now;
  const due = dueWindows({
    schedule,
    suspend,
    from,
    now: Math.min(now, until + startDelay),
    startDelay,
    active,
  });
  const most = suspend || lastEnd === undefined || past === undefined ? 0 : ACTIVE_MAX - active - due.length;
  const start = due.at(-1)?.end ?? from;
  const end = suspend ? undefined : nextTick(schedule, start);
  return {
    due: [
      ...due,
      ...(most > 0
        ? pastWindows({ schedule, start: past!, end: (await windows.firstStart(name)) ?? from, most })
        : []),
    ],
    ...(end !== undefined && { next: { start, end, due: end + startDelay } }),
  };
}
