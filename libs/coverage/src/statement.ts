import { type Fields, isFields } from '@margay/ground';
import type { Evidence, PrintedInterval, PrintedRhythm, RetiredSource } from './evidence.ts';
import type { Grade } from './grade.ts';

/** The address of what a coverage statement is, with its version. */
export const COVERAGE_STATEMENT = 'https://margay.io/coverage/v1';

/** So many sources, and gaps of one, a statement lists; all are counted. */
export const STATED_MAX = 100;

/** Of many things the first, and how many there are. */
export interface Stated<T> {
  readonly total: number;
  /** The first `STATED_MAX`. */
  readonly listed: readonly T[];
}

/** How one source delivered. */
export interface StatedSource {
  readonly name: string;
  readonly of: 'changes' | 'flows';
  readonly grade: Grade;
  readonly lines: number;
  /** RFC 3339: its first and last event, or flow; absent where none of it has a time. */
  readonly from?: string;
  readonly to?: string;
  readonly gaps: Stated<PrintedInterval>;
  readonly longestSilence?: PrintedRhythm['longestSilence'];
  /** Longer silences are gaps; in seconds. */
  readonly allowedSilence?: number;
}

/** The report whose evidence a statement is about. */
export interface StatedReport {
  readonly cluster: string;
  readonly clusterUid?: string;
  readonly run: string;
  readonly revision: number;
  readonly report: string;
  readonly type: string;
  readonly start: string;
  readonly end: string;
  readonly evidenceDigest: string;
  /** The release of Margay that made it. */
  readonly version: string;
}

/** What a report's `evidence` has, as far as a statement tells of it. */
export interface StatedEvidence {
  readonly sources: Evidence | null;
  readonly doubts: Stated<{
    readonly about: string;
    readonly since?: string;
    readonly until?: string;
    readonly reason: string;
  }>;
  readonly unreadPolicies: { readonly total: number };
  readonly neverSeen: { readonly total: number };
  readonly enforcement: {
    readonly enforcing: readonly string[];
    readonly other: readonly string[];
    readonly statement: string;
  };
}

/**
 * What is said of a report's evidence apart from the report: which sources told of the window, how well, and what they leave open. The
 * predicate of an in-toto statement; `docs/coverage-statement.schema.json` describes it.
 */
export interface CoverageStatement {
  readonly cluster: { readonly name: string; readonly uid?: string };
  readonly report: {
    readonly name: string;
    readonly type: string;
    readonly run: string;
    readonly revision: number;
  };
  readonly window: { readonly start: string; readonly end: string };
  readonly grade: Grade;
  readonly complete: boolean;
  readonly reasons: readonly string[];
  readonly sources: Stated<StatedSource>;
  /** When nothing is known to have been told, in the window. */
  readonly gaps: Stated<PrintedInterval>;
  readonly events: Evidence['events'] | null;
  readonly flows: Pick<Evidence['flows'], 'grade' | 'read' | 'ignored' | 'doubtful' | 'unusable'> | null;
  readonly canaries: NonNullable<Evidence['canaries']>;
  /** Sources that somebody said to be out of service; absent where there is none. */
  readonly retired?: Stated<RetiredSource>;
  readonly doubts: StatedEvidence['doubts'];
  /** How many policies were there that could not be understood in full, and objects that were named and never seen. */
  readonly unreadPolicies: number;
  readonly neverSeen: number;
  readonly enforcement: StatedEvidence['enforcement'];
  /** SHA-256 in hex over the canonical JSON of the report's `evidence`, from which all of this follows. */
  readonly evidenceDigest: string;
  readonly method: { readonly name: 'margay'; readonly version: string };
}

/** The statement about a report's evidence. The same evidence always gives the same. */
export function coverageStatement(of: StatedReport, evidence: StatedEvidence): CoverageStatement {
  const { sources, doubts, unreadPolicies, neverSeen, enforcement } = evidence;
  const { enforcing, other, statement } = enforcement;
  return {
    cluster: { name: of.cluster, ...(of.clusterUid !== undefined && { uid: of.clusterUid }) },
    report: { name: of.report, type: of.type, run: of.run, revision: of.revision },
    window: { start: of.start, end: of.end },
    grade: sources?.grade ?? 'not known',
    complete: sources?.complete ?? false,
    reasons: sources?.reasons ?? [NOBODY_SAID],
    sources: stated(sources === null ? [] : sourcesOf(sources)),
    gaps: stated(sources?.gaps ?? []),
    events: sources?.events ?? null,
    flows: sources && flowsOf(sources.flows),
    canaries: sources?.canaries ?? [],
    ...(sources?.retired !== undefined && { retired: stated(sources.retired) }),
    doubts: {
      total: doubts.total,
      listed: doubts.listed.slice(0, STATED_MAX).map(({ about, since, until, reason }) => ({
        about,
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
        reason,
      })),
    },
    unreadPolicies: unreadPolicies.total,
    neverSeen: neverSeen.total,
    enforcement: { enforcing, other, statement },
    evidenceDigest: of.evidenceDigest,
    method: { name: 'margay', version: of.version },
  };
}

/** Whether a report's evidence has what a statement tells of: that of older releases has not. */
export function isStatedEvidence(evidence: unknown): evidence is StatedEvidence {
  const { sources, doubts, unreadPolicies, neverSeen, enforcement } = fieldsOf(evidence);
  const isOfSources =
    sources === null || ('grade' in fieldsOf(sources) && 'grade' in fieldsOf(fieldsOf(sources)['flows']));
  return (
    isOfSources &&
    'listed' in fieldsOf(doubts) &&
    'total' in fieldsOf(unreadPolicies) &&
    'total' in fieldsOf(neverSeen) &&
    'enforcing' in fieldsOf(enforcement)
  );
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const NOBODY_SAID = 'Whoever asked for the report did not say which sources there were.';

function sourcesOf({ sources, flows }: Evidence): StatedSource[] {
  return [
    ...sources.map(({ source, lines, firstEvent, lastEvent, ...rhythm }) =>
      statedSource('changes', source, lines, [firstEvent, lastEvent], rhythm),
    ),
    ...flows.sources.map(({ source, lines, firstFlow, lastFlow, ...rhythm }) =>
      statedSource('flows', source, lines, [firstFlow, lastFlow], rhythm),
    ),
  ];
}

function statedSource(
  of: StatedSource['of'],
  name: string,
  lines: number,
  [from, to]: readonly [from: string | undefined, to: string | undefined],
  { grade, gaps, longestSilence, allowedSilence }: PrintedRhythm,
): StatedSource {
  return {
    name,
    of,
    grade,
    lines,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    gaps: stated(gaps),
    ...(longestSilence !== undefined && { longestSilence }),
    ...(allowedSilence !== undefined && { allowedSilence }),
  };
}

const flowsOf = ({ grade, read, ignored, doubtful, unusable }: Evidence['flows']) => ({
  grade,
  read,
  ignored,
  doubtful,
  unusable,
});

const stated = <T>(all: readonly T[]): Stated<T> => ({ total: all.length, listed: all.slice(0, STATED_MAX) });

/** What an in-toto statement says, as far as it is held against a report. */
interface Said {
  readonly predicateType: string;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicate: unknown;
}

/**
 * Why a statement is not the one about a report's evidence; undefined where it is, or is of a type that is not known.
 *
 * @param digestOf gives the same for two values that say the same.
 */
export function statementProblem(
  { predicateType, subject, predicate }: Said,
  of: StatedReport & { readonly digest: string },
  evidence: unknown,
  digestOf: (value: unknown) => string,
): string | undefined {
  const [one, ...more] = subject;
  if (one?.digest.sha256 !== of.digest || one.name !== of.run || more.length > 0)
    return 'it is about another report';
  if (predicateType !== COVERAGE_STATEMENT) return undefined;
  try {
    if (
      isStatedEvidence(evidence) &&
      digestOf(coverageStatement(of, evidence)) === digestOf(predicate ?? null)
    )
      return undefined;
  } catch {
    // Evidence of a shape that nobody could state anything of.
  }
  return 'it says something else of the evidence than the report does';
}
