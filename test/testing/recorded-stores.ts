import { readBatch, textsOfLines } from '@margay/audit-ingestor';
import type { ReportWindow } from '@margay/contracts';
import { signingKey, type SigningKey } from '@margay/ledger';
import { computeWindow } from '@margay/report-worker';
import { splitReport, type Report } from '@margay/reports';
import { readLines } from '@margay/sources';
import { logReports, openEmbedded, type Stores } from '@margay/storage';
import { AUDIT_LOG } from './margay.ts';

/** The recorded cluster's whole time. */
export const SPAN = { start: 1_795_479_453_150_092, end: 1_795_479_721_391_938 };

/** The key of the recorded cluster's log. */
export const LOG_KEY = signingKey('margay.example/recorded', new Uint8Array(32).fill(1));

/** Keeps a report as a worker does. */
export async function archive(stores: Stores, window: ReportWindow, report: Report): Promise<void> {
  const { header, digest, parts } = splitReport(report);
  const { id, cluster, reportName, reportType, start, end } = window;
  const entries = [];
  for (const [part, { kind, rows }] of [...parts].entries())
    entries.push(await stores.archive.appendPart({ reportId: id, end, part, kind, rows }));
  await stores.archive.complete({
    id,
    cluster,
    reportName,
    reportType,
    start,
    end,
    generatedAt: end + 60_000_000,
    digest,
    parts: entries,
    content: header,
  });
}

/** A window of a report of the recorded cluster. */
export const windowOf = (id: string, reportType: string, span = SPAN, reportName = id): ReportWindow => ({
  cluster: 'recorded',
  id,
  reportName,
  reportType,
  spec: { reportType },
  ...span,
  manual: false,
});

/** Stores with the recorded cluster in them, or with what a log tells; in memory unless a folder is given. */
export async function recordedStores(log = AUDIT_LOG, folder = ':memory:'): Promise<Stores> {
  const stores = openEmbedded(folder);
  for await (const lines of readLines(log)) {
    const { changes, policyEvents, mark } = readBatch('audit.log', textsOfLines('audit.log', lines));
    await stores.history.append(changes);
    await stores.trail.append(policyEvents.map((event) => ({ ...event, cluster: 'recorded' })));
    await stores.coverage.append([mark]);
  }
  return stores;
}

/** Computes and keeps the report of a window. */
export async function report(stores: Stores, window: ReportWindow): Promise<Report> {
  const computed = await computeWindow(stores, window);
  await archive(stores, window, computed);
  return computed;
}

/** Logs what is archived and not in the log yet. */
export async function logArchived(stores: Stores, key: SigningKey = LOG_KEY): Promise<void> {
  const { headers } = await stores.archive.headers();
  await logReports(stores, headers.toReversed(), key);
}

/** Keeps the next report of a chain, `daily`, whose window ends so many microseconds later, and logs it. */
export async function dailyLogged(
  stores: Stores,
  id: string,
  later: number,
  key: SigningKey = LOG_KEY,
): Promise<void> {
  await report(stores, windowOf(id, 'inventory', { ...SPAN, end: SPAN.end + later }, 'daily'));
  await logArchived(stores, key);
}
