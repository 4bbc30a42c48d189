import { setTimeout as sleep } from 'node:timers/promises';
import { reportsCompleted, reportsFailed, type ReportWindow } from '@margay/contracts';
import { pauseAfter, type Instant } from '@margay/ground';
import { publishAll, type Bus } from '@margay/messaging';
import { AlreadyArchived, type ArchivedHeader, type Stores } from '@margay/storage';
import type { Compute } from './compute-in-thread.ts';

export interface WorkOptions {
  readonly bus: Bus;
  readonly stores: Stores;
  readonly compute: Compute;
  readonly now: () => Instant;
  /** Gives the window up for now; it comes again. */
  readonly signal: AbortSignal;
  /** How often a window is tried again before it is given up; 6 as documented unless set. */
  readonly retriesMax?: number;
  /** The pause before the first retry; each next one is twice as long, up to a minute. */
  readonly retryMilliseconds?: number;
  readonly onAttemptFailed?: (window: ReportWindow, attempt: number, error: Error) => void;
}

/** What the log says of an attempt that failed. */
export const ATTEMPT_FAILED = 'A window could not be computed';

const PAUSE_MILLISECONDS_MAX = 60_000;

/**
 * Computes and archives the report of a window, with its retries, tells of it and says what became of it.
 *
 * A window that comes again finds its report archived and only repeats the news. Parts are archived first and the
 * header last, so a worker that dies leaves no report behind, and the window comes again.
 */
export async function workOn(window: ReportWindow, options: WorkOptions): Promise<'completed' | 'failed'> {
  const { bus, stores, signal, now, retriesMax = 6, retryMilliseconds = 1_000 } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      const archived =
        (await stores.archive.header(window.id)) ?? (await computeAndArchive(window, attempt, options));
      await publishAll(bus, reportsCompleted, [completedOf(archived)]);
      return 'completed';
    } catch (error) {
      if (signal.aborted) throw error;
      options.onAttemptFailed?.(window, attempt, error as Error);
      if (attempt > retriesMax) {
        const { cluster, id, reportName, reportType, start, end } = window;
        const reason = (error as Error).message;
        await publishAll(bus, reportsFailed, [
          { cluster, id, reportName, reportType, start, end, reason, attempts: attempt, failedAt: now() },
        ]);
        return 'failed';
      }
      const pauses = { first: retryMilliseconds, longest: PAUSE_MILLISECONDS_MAX };
      await sleep(pauseAfter(attempt, pauses), undefined, { signal });
    }
  }
}

async function computeAndArchive(
  window: ReportWindow,
  attempt: number,
  { stores, compute, now }: WorkOptions,
): Promise<ArchivedHeader> {
  await stores.windows.begin(window.id, attempt, now());
  const { header, digest, parts, read } = await compute(window);
  const { id, cluster, reportName, reportType, start, end, revision } = window;
  const supersedes = revision === undefined ? undefined : await reportBefore(window, stores);
  const entries = [];
  for (const [part, { kind, rows }] of parts.entries()) {
    entries.push(await stores.archive.appendPart({ reportId: id, end, part, kind, rows }));
  }
  try {
    return await stores.archive.complete({
      id,
      cluster,
      reportName,
      reportType,
      start,
      end,
      generatedAt: now(),
      digest,
      parts: entries,
      ...(revision !== undefined && { revision }),
      ...(supersedes !== undefined && { supersedes }),
      read,
      content: header,
    });
  } catch (error) {
    // Evidence that came between two attempts made another report: the archived one counts.
    if (error instanceof AlreadyArchived) return error.kept;
    throw error;
  }
}

/** The report over the same window that a revision supersedes: the last of those before it. */
async function reportBefore(
  { reportName, start, end, revision = 1 }: ReportWindow,
  { archive }: Stores,
): Promise<string | undefined> {
  const reports = await archive.revisions(reportName, { start, end });
  return reports.findLast((report) => (report.revision ?? 1) < revision)?.id;
}

function completedOf({
  cluster,
  id,
  reportName,
  reportType,
  start,
  end,
  digest,
  generatedAt,
  content,
  revision,
  supersedes,
}: ArchivedHeader) {
  const { endpointsSummary, namespacesSummary, servicesSummary, auditSummary } = content as Record<
    string,
    unknown
  >;
  const summary = { endpointsSummary, namespacesSummary, servicesSummary, auditSummary };
  const about = { cluster, id, reportName, reportType, start, end, digest, generatedAt, summary };
  return {
    ...about,
    ...(revision !== undefined && { revision }),
    ...(supersedes !== undefined && { supersedes }),
  };
}
