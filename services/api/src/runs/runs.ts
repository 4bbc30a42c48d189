import type { Run } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import { evidenceGrade, typeOfReport, type ReportHeader, type Revision } from '@margay/reports';
import { headerDamage, type ArchivedHeader, type Stores, type WindowRecord } from '@margay/storage';
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

/** A finished run whose header is not what was archived: no more is said of it than that. */
const damagedRun = (header: ArchivedHeader, archiveProblem: string): Run => ({
  id: header.id,
  report: header.reportName,
  reportType: header.reportType,
  state: 'completed',
  window: { start: formatInstant(header.start), end: formatInstant(header.end) },
  generated: null,
  digest: null,
  evidence: null,
  summary: null,
  reason: null,
  revision: header.revision ?? 1,
  supersedes: null,
  supersededBy: null,
  unchanged: null,
  late: null,
  archiveProblem,
});

/** A finished run. */
export function runOf(header: ArchivedHeader): Run {
  const damage = headerDamage(header);
  if (damage !== undefined) return damagedRun(header, damage);
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
const OPEN_MAX = 500;

/**
 * Every run there is, newest window first. Archived reports never change, so only those that are new are read: from the
 * newest on until a page is known, and now and then all of them.
 *
 * @returns what lists them as they were a second ago at most, or, where `anew` is set, as they are now; `whole`: also what was removed.
 */
export function runsOf({
  archive,
  windows,
  ledger,
}: Pick<Stores, 'archive' | 'windows' | 'ledger'>): (anew?: 'anew' | 'whole') => Promise<readonly Run[]> {
  const findRemoved = removedRuns({ ledger, windows });
  let removed: readonly Run[] = [];
  const archived = new Map<string, Run>();
  let runs: readonly Run[] = [];
  let lookedAt = -Infinity;
  let lookedWholeAt = -Infinity;
  let looking: Promise<void> | undefined;

  const look = async () => {
    const now = performance.now();
    const isWhole = now - lookedWholeAt > WHOLE_LOOK_MILLISECONDS;
    const seen = new Set<string>();
    // Before the archive is read: what is archived meanwhile is in one of both.
    const open = await windows.list({ states: ['emitted', 'running', 'failed'], limit: OPEN_MAX });
    for (let cursor: string | undefined; ;) {
      const page = await archive.headers({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
      const fresh = page.headers.filter(({ id }) => !archived.has(id));
      for (const header of fresh) archived.set(header.id, runOf(header));
      for (const { id } of page.headers) seen.add(id);
      cursor = page.next;
      if (cursor === undefined || (fresh.length === 0 && !isWhole)) break;
    }
    // What is kept for a time only is removed one day.
    if (isWhole) {
      for (const id of archived.keys()) if (!seen.has(id)) archived.delete(id);
      removed = await findRemoved((id) => archived.has(id));
    }
    runs = [
      ...withRevisions(archived),
      ...removed.filter(({ id }) => !archived.has(id)),
      ...open.filter(({ window: { id } }) => !archived.has(id)).map(openRun),
    ].sort(newestFirst);
    lookedAt = now;
    if (isWhole) lookedWholeAt = now;
  };

  return async (anew) => {
    if (anew === 'whole') lookedWholeAt = -Infinity;
    if (anew !== undefined || performance.now() - lookedAt > LOOK_MILLISECONDS) {
      looking ??= look().finally(() => (looking = undefined));
      await looking;
    }
    return runs;
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
      yield { ...run, supersededBy, unchanged: before === undefined ? null : before.digest === run.digest };
    }
  }
}

const newestFirst = (a: Run, b: Run): number =>
  a.window.end === b.window.end ? (a.id < b.id ? 1 : -1) : a.window.end < b.window.end ? 1 : -1;
