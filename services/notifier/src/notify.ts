import type { ReportCompleted, ReportFailed } from '@margay/contracts';
import { formatInstant, type Instant } from '@margay/ground';
import type { ReportHeader } from '@margay/reports';
import { damageByLog, soundHeader, type Archive, type ArchivedHeader, type Stores } from '@margay/storage';
import { cloudEvent, type CloudEvent } from './cloud-event.ts';
import { regressionsBetween } from './regressions.ts';

/** What is told, and to whom. */
export interface NotifyOptions {
  readonly archive: Archive;
  /** The log of its reports. */
  readonly ledger: Stores['ledger'];
  /** Takes an event to whom it is for. @throws Unprocessable when that cannot be done. */
  readonly send: (event: CloudEvent) => Promise<void>;
  /** Which regressions are told of; names of `REGRESSIONS`. */
  readonly rules: readonly string[];
  /** Microseconds. News that is older is not told: a new group would tell of the whole past. */
  readonly ageMax: number;
  readonly now: Instant;
}

const PAGE = 100;

/** Tells of a finished window, and of a report that is worse than the one of the window before by a rule. */
export async function tellCompleted(report: ReportCompleted, options: NotifyOptions): Promise<void> {
  if (!isNews(report.generatedAt, options)) return;
  await options.send(cloudEvent('io.margay.report.completed', report, report.generatedAt, dataOf(report)));
  const regressions = await regressionsOf(report, options);
  if (regressions !== undefined)
    await options.send(cloudEvent('io.margay.report.regressed', report, report.generatedAt, regressions));
}

/** Tells of a window whose report could not be made. */
export async function tellFailed(report: ReportFailed, options: NotifyOptions): Promise<void> {
  if (!isNews(report.failedAt, options)) return;
  const { id, reportName, reportType, start, end, reason, attempts } = report;
  const data = { id, reportName, reportType, window: windowOf({ start, end }), reason, attempts };
  await options.send(cloudEvent('io.margay.report.failed', report, report.failedAt, data));
}

const isNews = (at: Instant, { ageMax, now }: NotifyOptions): boolean => at >= now - ageMax;

const windowOf = ({ start, end }: { start: Instant; end: Instant }) => ({
  start: formatInstant(start),
  end: formatInstant(end),
});

const dataOf = ({
  id,
  reportName,
  reportType,
  start,
  end,
  digest,
  summary,
  revision = 1,
  supersedes,
}: ReportCompleted) => ({
  id,
  reportName,
  reportType,
  window: windowOf({ start, end }),
  digest,
  summary,
  revision,
  ...(supersedes !== undefined && { supersedes }),
});

/** By what the report is worse than that of the last window before it; undefined where it is not. */
async function regressionsOf(report: ReportCompleted, { archive, ledger, rules }: NotifyOptions) {
  if (rules.length === 0) return undefined;
  const later = await headerAsLogged(report.id, { archive, ledger });
  const before = await windowBefore(report, archive);
  const earlier = before && (await headerAsLogged(before.id, { archive, ledger }));
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

/** The header of a report; undefined where it is not what was archived, by itself or by what the log of reports has. */
async function headerAsLogged(
  id: string,
  { archive, ledger }: Pick<NotifyOptions, 'archive' | 'ledger'>,
): Promise<ArchivedHeader | undefined> {
  const header = await soundHeader(archive, id);
  return header && (await damageByLog(ledger, header)) === undefined ? header : undefined;
}

/** The newest report over the last window before the report's. */
async function windowBefore(
  { reportName, start, id }: ReportCompleted,
  archive: Archive,
): Promise<ArchivedHeader | undefined> {
  for (let cursor: string | undefined; ;) {
    const page = await archive.headers({ reportName, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    const found = page.headers.find((header) => header.id !== id && header.end <= start);
    if (found !== undefined) return (await archive.revisions(reportName, found)).at(-1);
    if (page.next === undefined) return undefined;
    cursor = page.next;
  }
}
