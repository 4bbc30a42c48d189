import {
  type Report,
  type ReportHeader,
  type ReportRows,
  type Revision,
  ROW_KINDS,
  type RowKind,
} from '../report.ts';

/** How many rows a part holds at most. */
export const ROWS_PER_PART = 1000;
/** How many characters of JSON a part holds at most, unless one row alone is longer. */
export const PART_LENGTH_MAX = 4_000_000;

/** Some rows of one kind, in their order. */
export interface ReportPart {
  readonly kind: RowKind;
  readonly rows: readonly unknown[];
}

/** A report taken apart, for stores that keep no documents of unbounded size. */
export interface SplitReport {
  readonly header: ReportHeader;
  readonly digest: string;
  /** In the order in which `joinReport` wants them. */
  readonly parts: Iterable<ReportPart>;
}

/** Takes a report apart. */
export function splitReport(report: Report): SplitReport {
  return { header: headerOf(report), digest: report.digest, parts: partsOf(report) };
}

/** The report of a header and all its parts, as `splitReport` gave them; of a revision with what it is. */
export function joinReport(
  header: ReportHeader,
  digest: string,
  parts: Iterable<ReportPart>,
  revision?: Revision,
): Report {
  const rows: Record<RowKind, unknown[]> = emptyRows();
  for (const part of parts) rows[part.kind].push(...part.rows);
  return { ...header, ...(rows as unknown as ReportRows), ...revision, digest };
}

/** What stands beside header and rows. */
const BESIDE: readonly string[] = ['revision', 'supersedes', 'digest'];

/** A report without its rows and digest, and without what it supersedes. */
export function headerOf(report: Report): ReportHeader {
  const others = new Set([...ROW_KINDS, ...BESIDE]);
  const fields = Object.entries(report).filter(([name]) => !others.has(name));
  return Object.fromEntries(fields) as unknown as ReportHeader;
}

/** No rows of any kind. */
export function emptyRows(): Record<RowKind, unknown[]> {
  return {
    endpoints: [],
    namespaces: [],
    services: [],
    auditEvents: [],
    refusedPolicyWrites: [],
    unsettledPolicyWrites: [],
    flows: [],
    protectionChanges: [],
  };
}

function* partsOf(rows: ReportRows): Iterable<ReportPart> {
  for (const kind of ROW_KINDS) {
    let part: unknown[] = [];
    let length = 0;
    for (const row of rows[kind]) {
      const more = JSON.stringify(row).length;
      if (part.length === ROWS_PER_PART || (part.length > 0 && length + more > PART_LENGTH_MAX)) {
        yield { kind, rows: part };
        part = [];
        length = 0;
      }
      part.push(row);
      length += more;
    }
    if (part.length > 0) yield { kind, rows: part };
  }
}
