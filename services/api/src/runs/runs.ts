import type { Run } from '@margay/api-contract';
import { isParent } from '@margay/contracts';
import { formatInstant } from '@margay/ground';
import { evidenceGrade, typeOfReport, type ReportHeader, type Revision } from '@margay/reports';
import {
  headerDamage,
  loggedOtherwise,
  logReader,
  type ArchivedHeader,
  type DamagedPart,
  type LoggedEntry,
  type Stores,
  type WindowRecord,
} from '@margay/storage';
import { openWindows } from './open-windows.ts';
import { removedRuns } from './removed-runs.ts';

/** The header that a report was archived with. */
export const contentOf = ({ content }: ArchivedHeader): ReportHeader => content as ReportHeader;

/** What a revision is; undefined for the first report over its window. */
export const revisionOf = ({ revision, supersedes }: ArchivedHeader): Revision | undefined =>
  revision === undefined || supersedes === undefined ? undefined : { revision, supersedes };

/** Whether the evidence of a report is complete, and why not. */
export const completenessOf = ({ evidence: { sources } }: ReportHeader) => ({
  // Reports of older releases have no grade: nobody looked for gaps inside their sources.
  grade: (sources as Partial<NonNullable<typeof sources>> | null)?.grade ?? ('not known' as const),
  words: evidenceGrade(sources),
  complete: sources?.complete ?? false,
  reasons: sources?.reasons ?? ['It is not known what the sources delivered.'],
});

/** A finished run whose header is not what was archived: no more is said of it than that, and what the log of reports has. */
const damagedRun = (
  { id, reportName, reportType, start, end, revision = 1 }: ArchivedHeader,
  entry: LoggedEntry | undefined,
  archiveProblem: string,
): Run => ({
  id,
  report: entry?.report ?? reportName,
  reportType: entry?.type ?? reportType,
  state: 'completed',
  window: { start: entry?.start ?? formatInstant(start), end: entry?.end ?? formatInstant(end) },
  generated: null,
  digest: null,
  evidence: null,
  summary: null,
  reason: null,
  revision: entry?.revision ?? revision,
  supersedes: null,
  supersededBy: null,
  unchanged: null,
  late: null,
  archiveProblem,
});

/** What is not as it was archived. */
interface Damage {
  readonly what: DamagedPart;
  readonly message: string;
}

/** What is wrong with a header, by itself and by what the log of reports says of it. */
function damageOf(header: ArchivedHeader, entry: LoggedEntry | undefined): Damage | undefined {
  const ofHeader = headerDamage(header);
  if (ofHeader !== undefined) return { what: 'header', message: ofHeader };
  const byLog = loggedOtherwise(header, entry);
  return byLog === undefined ? undefined : { what: 'log', message: byLog };
}

/** A finished run. */
export function runOf(header: ArchivedHeader): Run {
  const content = contentOf(header);
  const widgets = typeOfReport(content).uiSummary(content).widgets;
  return {
    id: header.id,
    report: header.reportName,
    reportType: header.reportType,
    state: 'completed',
    window: { start: formatInstant(header.start), end: formatInstant(header.end) },
    generated: formatInstant(header.generatedAt),
    digest: header.digest,
    evidence: completenessOf(content),
    summary: {
      rings: widgets.map(({ heading, data: [{ label, value }], summary: { total, notKnown } }) => ({
        heading,
        label,
        value,
        total,
        ...(notKnown !== undefined && { notKnown }),
      })),
      endpoints: content.endpointsSummary,
      namespaces: content.namespacesSummary,
      services: content.servicesSummary,
      audit: content.auditSummary,
      protection: content.protectionSummary,
    },
    reason: null,
    revision: header.revision ?? 1,
    supersedes: header.supersedes ?? null,
    // Known from the others over the window.
    supersededBy: null,
    unchanged: null,
    late: null,
    archiveProblem: null,
  };
}

/** A run that is not finished. */
function openRun({ window, state, reason }: WindowRecord): Run {
  return {
    id: window.id,
    report: window.reportName,
    reportType: window.reportType,
    state,
    window: { start: formatInstant(window.start), end: formatInstant(window.end) },
    generated: null,
    digest: null,
    evidence: null,
    summary: null,
    reason: reason ?? null,
    revision: window.revision ?? 1,
    supersedes: null,
    supersededBy: null,
    unchanged: null,
    late: null,
    archiveProblem: null,
  };
}

const PAGE = 200;
const LOOK_MILLISECONDS = 1_000;
/** A run of a window long ago may be archived at any time, behind all that is known. */
const WHOLE_LOOK_MILLISECONDS = 30_000;

/** Whom to tell of what is seen of the archive and its log when runs are listed. */
export interface ListTelling {
  /** A report is not what was archived: once, until that is another thing. */
  damaged(damage: Damage): void;
  /** What is wrong with the log of reports, each time that it is looked at. */
  log(problems: readonly string[]): void;
}

const TO_NOBODY: ListTelling = { damaged: () => undefined, log: () => undefined };

/**
 * The archived runs as they were judged, by their headers and by the log of reports. One is judged again where its header, or what the log
 * says of it, has another digest by now, or something was wrong with it.
 */
function judgedRuns(tell: ListTelling) {
  interface Judged {
    readonly by: string;
    readonly run: Run;
  }
  const judged = new Map<string, Judged>();
  const keep = (header: ArchivedHeader, entry: LoggedEntry | undefined) => {
    const by = `${header.headerDigest} ${entry?.headerDigest}`;
    const known = judged.get(header.id);
    if (known?.by === by && known.run.archiveProblem === null) return;
    const damage = damageOf(header, entry);
    if (damage !== undefined && damage.message !== known?.run.archiveProblem) tell.damaged(damage);
    const run = damage === undefined ? runOf(header) : damagedRun(header, entry, damage.message);
    judged.set(header.id, { by, run });
  };
  return {
    keep,
    has: (id: string) => judged.has(id),
    retain: (ids: ReadonlySet<string>) => {
      for (const id of judged.keys()) if (!ids.has(id)) judged.delete(id);
    },
    all: () => new Map([...judged].map(([id, { run }]) => [id, run] as const)),
  };
}

/** The runs of a cluster, as they are looked at again and again. */
export interface Listing {
  /** Them as they were a second ago at most, or, where `anew` is set, as they are now; `whole`: also what was removed. */
  all(anew?: 'anew' | 'whole'): Promise<readonly Run[]>;
  /** The entry about a run, as it was signed; undefined where the log had none when it was read last. */
  entryOf(run: string): LoggedEntry | undefined;
}

/**
 * Every run there is, newest window first. Archived reports never change, so only those that are new are read: from the
 * newest on until a page is known, and now and then all of them, which are held against the log of reports.
 */
export function runsOf(
  { archive, windows, ledger }: Pick<Stores, 'archive' | 'windows' | 'ledger'>,
  tell: ListTelling = TO_NOBODY,
): Listing {
  const readLog = logReader(ledger);
  const readOpen = openWindows(windows);
  let removed: readonly Run[] = [];
  const archived = judgedRuns(tell);
  let runs: readonly Run[] = [];
  let lookedAt = -Infinity;
  let lookedWholeAt = -Infinity;
  let looking: Promise<void> | undefined;
  let entries: ReadonlyMap<string, LoggedEntry> = new Map();

  const readEntries = async () => {
    const log = await readLog();
    tell.log(log.problems);
    entries = log.entries;
  };

  const readArchive = async (isWhole: boolean) => {
    const seen = new Set<string>();
    for (let cursor: string | undefined; ;) {
      const { headers, next } = await archive.headers({
        limit: PAGE,
        ...(cursor !== undefined && { cursor }),
      });
      const isKnown = headers.every(({ id }) => archived.has(id));
      if (!isKnown && !isWhole) await readEntries();
      for (const header of headers) archived.keep(header, entries.get(header.id));
      for (const { id } of headers) seen.add(id);
      cursor = next;
      if (cursor === undefined || (isKnown && !isWhole)) break;
    }
    // What is kept for a time only is removed one day.
    if (isWhole) archived.retain(seen);
  };

  const look = async () => {
    const now = performance.now();
    const isWhole = now - lookedWholeAt > WHOLE_LOOK_MILLISECONDS;
    // Before the archive is read: what is archived meanwhile is in one of both.
    const open = await readOpen(isWhole);
    if (isWhole) await readEntries();
    await readArchive(isWhole);
    if (isWhole) removed = await removedRuns(entries, archived.has, { windows });
    runs = [
      ...withRevisions(archived.all()),
      ...removed.filter(({ id }) => !archived.has(id)),
      ...open.filter(({ window }) => !archived.has(window.id) && !isParent(window)).map(openRun),
    ].sort(newestFirst);
    lookedAt = now;
    if (isWhole) lookedWholeAt = now;
  };

  return {
    async all(anew) {
      if (anew === 'whole') lookedWholeAt = -Infinity;
      if (anew !== undefined || performance.now() - lookedAt > LOOK_MILLISECONDS) {
        looking ??= look().finally(() => (looking = undefined));
        await looking;
      }
      return runs;
    },
    entryOf: (run) => entries.get(run),
  };
}

/** The runs, each with what superseded it and whether that changed anything. */
function* withRevisions(archived: ReadonlyMap<string, Run>): Iterable<Run> {
  const next = new Map<string, string>();
  for (const { id, supersedes } of archived.values()) if (supersedes !== null) next.set(supersedes, id);
  for (const run of archived.values()) {
    const supersededBy = next.get(run.id) ?? null;
    if (run.supersedes === null && supersededBy === null) yield run;
    else {
      const before = run.supersedes === null ? undefined : archived.get(run.supersedes);
      yield { ...run, supersededBy, unchanged: sameDigest(before, run) };
    }
  }
}

/** Null where one of both is not there, or not what was archived. */
const sameDigest = (before: Run | undefined, { digest }: Run): boolean | null =>
  before === undefined || before.digest === null || digest === null ? null : before.digest === digest;

const newestFirst = (a: Run, b: Run): number =>
  a.window.end === b.window.end ? (a.id < b.id ? 1 : -1) : a.window.end < b.window.end ? 1 : -1;
