import { setTimeout as sleep } from 'node:timers/promises';
import { reportsCompleted, reportsFailed, type ReportWindow } from '@margay/contracts';
import type { Unapplied } from '@margay/coverage';
import { pauseAfter, type Instant } from '@margay/ground';
import { publishAll, type Bus } from '@margay/messaging';
import { isAway } from '@margay/runtime';
import { TookTooMuch } from '@margay/runtime/own-process';
import { digestOfJson, type LogKey, NotSigned } from '@margay/ledger';
import {
  AlreadyArchived,
  ArchiveDamaged,
  isUnusable,
  logReports,
  LogRefused,
  type ArchivedHeader,
  type Stores,
} from '@margay/storage';
import { awaitEvidence } from './await-evidence.ts';
import { awaitWatches } from './await-watches.ts';
import type { Compute } from './compute-in-process.ts';
import { publishHead } from './publish-head.ts';
import { tellHubsOf } from './tell-hubs.ts';

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
  /** How long to wait until what was published before is in the stores. */
  readonly evidenceMilliseconds: number;
  /** Has the watches prove what they told up to the window's end; the topic that the window came from did, unless given. */
  readonly askForProof?: () => Promise<void>;
  /** Windows are of logs that were recorded, whose clock may be another: their ends are not compared with the time. */
  readonly isRecorded?: boolean;
  /** Signs the log of reports; without it reports are archived and not logged. */
  readonly ledgerKey?: LogKey | undefined;
  /** Hubs are told of what is logged; they are unless it is false. */
  readonly isFeedingHubs?: boolean;
  readonly tell: Telling;
}

/** Whom to tell of what happens to a window. */
export interface Telling {
  /** An attempt failed; there may be another. */
  failed(attempt: number, error: Error): void;
  /** Broker or archive do not answer: it is waited for them. */
  away(error: Error): void;
  /** The report is computed although something is not in the stores yet. */
  late(unapplied: Unapplied): void;
  /** The log has it. */
  logged(): void;
  /** The report is archived, and the log is not one that may be appended to, or whoever has its key does not sign. */
  unlogged(error: LogRefused | NotSigned): void;
  /** A revision says otherwise than the report before it, and by what both say they rest on the same. */
  unexplained(before: string): void;
}

/**
 * What became of a window: `refused` is one that is not over yet, of which nothing is computed; `repeated` one that was completed
 * and told of before.
 */
export type Result = 'completed' | 'failed' | 'refused' | 'repeated';

const PAUSE_MILLISECONDS_MAX = 60_000;
/** What took too much twice will do it again: other windows wait for the worker. */
const TOO_LARGE_MAX = 2;

/**
 * Computes and archives the report of a window, with its retries, tells of it and keeps what became of it.
 *
 * A window is worked on when it is over and what was published before is in the stores. One that comes again finds its report
 * archived and tells of it only where nobody has. Parts are archived first and the header last, so a worker that dies leaves no
 * report behind, and the window comes again. That broker or archive are away is no failure of the window, and uses up no retry.
 *
 * @throws what the signal was aborted with, or what the bus threw where not even the failure could be told: it comes again. And
 * DatabaseUnusable where a person has to mend the stores: no retry of this window can.
 */
export async function workOn(window: ReportWindow, options: WorkOptions): Promise<Result> {
  const { signal, now, isRecorded = false, retriesMax = 6, retryMilliseconds = 1_000, tell } = options;
  const pauses = { first: retryMilliseconds, longest: PAUSE_MILLISECONDS_MAX };
  // Nobody knows yet what will have been at its end: it comes again.
  if (!isRecorded && window.end > now()) return 'refused';
  for (let attempt = 1, outages = 0, tooLarge = 0; ;) {
    try {
      return await completed(window, attempt, options);
    } catch (error) {
      if (signal.aborted || isUnusable(error)) throw error;
      if (isAway(error)) {
        tell.away(error as Error);
        await sleep(pauseAfter(++outages, pauses), undefined, { signal });
        continue;
      }
      tell.failed(attempt, error as Error);
      if (error instanceof TookTooMuch) tooLarge++;
      // What was changed in the archive stays so.
      const isOver = attempt > retriesMax || tooLarge >= TOO_LARGE_MAX || error instanceof ArchiveDamaged;
      if (isOver) return failed(window, attempt, error as Error, options);
      await sleep(pauseAfter(attempt++, pauses), undefined, { signal });
    }
  }
}

async function completed(window: ReportWindow, attempt: number, options: WorkOptions): Promise<Result> {
  const { bus, stores, now } = options;
  const known = await stores.archive.header(window.id);
  if (known !== undefined && (await stores.windows.get(window.id))?.state === 'completed') return 'repeated';
  const archived = known ?? (await computeAndArchive(window, attempt, options));
  await log(archived, known !== undefined, options);
  await publishAll(bus, reportsCompleted, [completedOf(archived)]);
  // Whoever gets the window again need not tell of it again.
  await stores.windows.complete(window.id, now());
  return 'completed';
}

/** Appends to the log. Whoever changed the log, or does not sign it, keeps no report from being told of. */
async function log(header: ArchivedHeader, later: boolean, options: WorkOptions): Promise<void> {
  const { bus, stores, ledgerKey, isFeedingHubs = true, tell } = options;
  if (ledgerKey === undefined) return;
  try {
    const head = await logReports(stores, [header], ledgerKey, { later });
    if (head !== undefined) {
      tell.logged();
      await publishHead(bus, header.cluster, head);
    }
    // Also where it was logged before: nobody knows whether it was told of.
    if (isFeedingHubs) await tellHubsOf(bus, stores, header);
  } catch (error) {
    if (!(error instanceof LogRefused || error instanceof NotSigned)) throw error;
    tell.unlogged(error);
  }
}

async function failed(
  window: ReportWindow,
  attempts: number,
  { message: reason }: Error,
  { bus, stores, now }: WorkOptions,
): Promise<Result> {
  const { cluster, id, reportName, reportType, start, end } = window;
  await publishAll(bus, reportsFailed, [
    { cluster, id, reportName, reportType, start, end, reason, attempts, failedAt: now() },
  ]);
  await stores.windows.fail(id, reason, attempts, now());
  return 'failed';
}

async function computeAndArchive(
  window: ReportWindow,
  attempt: number,
  options: WorkOptions,
): Promise<ArchivedHeader> {
  const { bus, stores, compute, now, signal, evidenceMilliseconds: limitMilliseconds, tell } = options;
  await stores.windows.begin(window.id, attempt, now());
  await options.askForProof?.();
  await awaitWatches(window, { coverage: stores.coverage, limitMilliseconds, signal });
  const unapplied = await awaitEvidence(window, { bus, now, limitMilliseconds, signal });
  if (unapplied !== undefined) tell.late(unapplied);
  const { header, digest, parts, read } = await compute(window, unapplied);
  const { id, cluster, reportName, reportType, start, end, revision } = window;
  const before = revision === undefined ? undefined : await reportBefore(window, stores);
  const entries = [];
  for (const [part, { kind, rows }] of parts.entries()) {
    entries.push(await stores.archive.appendPart({ reportId: id, end, part, kind, rows }));
  }
  try {
    const archived = await stores.archive.complete({
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
      ...(before !== undefined && { supersedes: before.id }),
      read,
      content: header,
    });
    if (before !== undefined && isUnexplained(before, archived)) tell.unexplained(before.id);
    return archived;
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
): Promise<ArchivedHeader | undefined> {
  const reports = await archive.revisions(reportName, { start, end });
  return reports.findLast((report) => (report.revision ?? 1) < revision);
}

/**
 * Whether two reports over one window say otherwise although what was asked and the evidence are the same, by what they say themselves: another
 * release computed one, or somebody changed the history, of which no report has a digest.
 */
const isUnexplained = (before: ArchivedHeader, after: ArchivedHeader): boolean =>
  before.digest !== after.digest && digestOfJson(groundsOf(before)) === digestOfJson(groundsOf(after));

function groundsOf({ content }: ArchivedHeader): unknown {
  const { reportSpec, reportTypeSpec, evidence } = content as Readonly<Record<string, unknown>>;
  return { reportSpec, reportTypeSpec, evidence };
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
