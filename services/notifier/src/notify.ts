import { reportsCompleted, reportsFailed, type ReportCompleted } from '@margay/contracts';
import { formatInstant, type Instant } from '@margay/ground';
import { consume, type Bus, type HandleOptions } from '@margay/messaging';
import type { ReportHeader } from '@margay/reports';
import { together } from '@margay/runtime';
import type { Archive, ArchivedHeader } from '@margay/storage';
import { cloudEvent, type CloudEvent } from './cloud-event.ts';
import { regressionsBetween } from './regressions.ts';

export interface NotifyOptions extends HandleOptions {
  readonly bus: Bus;
  readonly archive: Archive;
  /** Takes an event to whom it is for. @throws Unprocessable when that cannot be done. */
  readonly send: (event: CloudEvent) => Promise<void>;
  /** Which regressions are told of; names of `REGRESSIONS`. */
  readonly rules: readonly string[];
  /** Microseconds. News that is older is not told: a new group would tell of the whole past. */
  readonly ageMax: number;
  readonly now: () => Instant;
}

/** The consumer group of all notifiers. */
export const GROUP = 'notifier';
const PAGE = 100;

/**
 * Tells of finished and failed windows, and of reports that are worse than the one of the window before by a rule.
 *
 * At least once; the ids of events tell repeats. The topics stay the source of truth: what cannot be delivered goes to
 * their dead-letter topics. Fulfilled when the signal is aborted.
 */
export async function notify(options: NotifyOptions): Promise<void> {
  const { bus, send, ageMax, now } = options;
  const isNews = (at: Instant) => at >= now() - ageMax;
  await together(options.signal, (signal) => [
    consume(
      bus,
      reportsCompleted,
      GROUP,
      async (reports) => {
        for (const report of reports.filter(({ generatedAt }) => isNews(generatedAt))) {
          await send(cloudEvent('io.margay.report.completed', report, report.generatedAt, dataOf(report)));
          const regressions = await regressionsOf(report, options);
          if (regressions !== undefined)
            await send(cloudEvent('io.margay.report.regressed', report, report.generatedAt, regressions));
        }
      },
      { ...options, signal },
    ),
    consume(
      bus,
      reportsFailed,
      GROUP,
      async (reports) => {
        for (const report of reports.filter(({ failedAt }) => isNews(failedAt))) {
          const { id, reportName, reportType, start, end, reason, attempts } = report;
          const data = { id, reportName, reportType, window: windowOf({ start, end }), reason, attempts };
          await send(cloudEvent('io.margay.report.failed', report, report.failedAt, data));
        }
      },
      { ...options, signal },
    ),
  ]);
}

const windowOf = ({ start, end }: { start: Instant; end: Instant }) => ({
  start: formatInstant(start),
  end: formatInstant(end),
});

const dataOf = ({ id, reportName, reportType, start, end, digest, summary }: ReportCompleted) => ({
  id,
  reportName,
  reportType,
  window: windowOf({ start, end }),
  digest,
  summary,
});

/** By what the report is worse than that of the last window before it; undefined where it is not. */
async function regressionsOf(report: ReportCompleted, { archive, rules }: NotifyOptions) {
  if (rules.length === 0) return undefined;
  const later = await archive.header(report.id);
  const earlier = await windowBefore(report, archive);
  if (later === undefined || earlier === undefined) return undefined;
  const regressions = regressionsBetween(
    earlier.content as ReportHeader,
    later.content as ReportHeader,
    rules,
  );
  if (regressions.length === 0) return undefined;
  const { id, start, end } = earlier;
  return { ...dataOf(report), since: { id, window: windowOf({ start, end }) }, regressions };
}

async function windowBefore(
  { reportName, start, id }: ReportCompleted,
  archive: Archive,
): Promise<ArchivedHeader | undefined> {
  for (let cursor: string | undefined; ;) {
    const page = await archive.headers({ reportName, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    const found = page.headers.find((header) => header.id !== id && header.end <= start);
    if (found !== undefined || page.next === undefined) return found;
    cursor = page.next;
  }
}
