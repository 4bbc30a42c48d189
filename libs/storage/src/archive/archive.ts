import type { Instant, Window } from '@margay/ground';
import type { Place } from '../arrivals/arrivals.ts';

/** Some rows of one report, in their order. */
export interface ArchivePart {
  readonly reportId: string;
  /** The end of the report's window: it decides where the part is kept. */
  readonly end: Instant;
  /** From 0 on, without gaps. */
  readonly part: number;
  /** What the rows are: parts of one kind can be read without the others. */
  readonly kind: string;
  /** JSON values. */
  readonly rows: readonly unknown[];
}

/** A part as the header names it. */
export interface PartEntry {
  readonly kind: string;
  /** SHA-256 in hex of the rows' canonical JSON (RFC 8785). */
  readonly digest: string;
  /** How many rows it has. */
  readonly rows: number;
}

/** A report without its rows, as a worker completes it. */
export interface ReportRecord {
  /** The window's id. */
  readonly id: string;
  readonly cluster: string;
  readonly reportName: string;
  readonly reportType: string;
  readonly start: Instant;
  readonly end: Instant;
  readonly generatedAt: Instant;
  /** The digest of the whole report, as the report's own rules compute it. */
  readonly digest: string;
  /** The parts in their order: what `appendPart` gave. */
  readonly parts: readonly PartEntry[];
  /** Which report over its window it is; absent for the first, else from 2 on. */
  readonly revision?: number;
  /** The id of the report before it over the same window, which stays in the archive; absent for the first. */
  readonly supersedes?: string;
  /** Where the stores were when its evidence began to be read; absent in reports of older releases. */
  readonly read?: Place;
  /** The report's own header (summary, scope, evidence): JSON that the archive does not look into. */
  readonly content: unknown;
}

/** A header in the chain of its cluster's reports of one name. */
export interface ArchivedHeader extends ReportRecord {
  /** From 1 on, without gaps. */
  readonly sequence: number;
  /** The `headerDigest` of the header with the sequence before; absent on the first. */
  readonly previous?: string;
  /** SHA-256 in hex of the header's canonical JSON (RFC 8785) with everything but this field. */
  readonly headerDigest: string;
}

/** Which headers to list. */
export interface HeaderFilter {
  readonly reportName?: string;
  readonly reportType?: string;
  /** At most so many; 100 unless set. */
  readonly limit?: number;
  /** Where the page before ended: its `next`. */
  readonly cursor?: string;
}

/** A header as it is kept. */
export interface KeptHeader {
  /** As `Archive.headers`. */
  readonly header: ArchivedHeader;
  /** The store finds it by something else than what it says: a list may not have it, or not where it belongs. */
  readonly isMisplaced: boolean;
}

/** One page of headers. */
export interface HeaderPage {
  readonly headers: readonly ArchivedHeader[];
  /** The cursor of the next page; absent on the last. */
  readonly next?: string;
}

/**
 * Where finished reports of one cluster are kept. Append-only: nothing in it ever changes.
 *
 * Parts are written first and the header last, so a report exists only when whole. Headers of one report name form a
 * chain, so that none can be taken out or changed unnoticed.
 */
export interface Archive {
  /**
   * Keeps one part; durable when fulfilled. The same part again does nothing. Parts are known by their content, so
   * what an interrupted attempt left behind never mixes with another attempt's rows.
   *
   * @returns what the header says of the part.
   */
  appendPart(part: ArchivePart): Promise<PartEntry>;

  /**
   * Chains and keeps the report's header, which makes the report visible. The same report again does nothing and gives the
   * header that is kept.
   *
   * @throws AlreadyArchived when another report, with another digest, is kept under the id.
   * @throws ArchiveDamaged when what is kept under the id is not what was archived.
   * @throws Error when a part that the header names is missing.
   */
  complete(report: ReportRecord): Promise<ArchivedHeader>;

  /**
   * The report's header, or undefined while it is not complete.
   *
   * @throws ArchiveDamaged where it is not what was archived.
   */
  header(id: string): Promise<ArchivedHeader | undefined>;

  /**
   * All reports of one name over one window, by revision: the last one supersedes those before it, and all stay. As `headers`: one that is
   * not what was archived is among them where it may be of the window.
   */
  revisions(reportName: string, window: Window): Promise<ArchivedHeader[]>;

  /** Headers by `end`, newest first, then by id, descending. As they are kept: `headerDamage` says what is wrong with one. */
  headers(filter?: HeaderFilter): Promise<HeaderPage>;

  /**
   * Every header that is kept, in an order of the store's own: what stands beside a header, by which lists sort and filter, keeps none out. What is
   * archived before the call is found.
   */
  all(): AsyncIterable<KeptHeader>;

  /** Of each report name the report that was archived last, by name. As `headers`. */
  newest(): Promise<ArchivedHeader[]>;

  /**
   * The rows of one part of a complete report; undefined where there is no such report or part.
   *
   * @throws ArchiveDamaged as `parts`.
   */
  part(id: string, part: number): Promise<readonly unknown[] | undefined>;

  /**
   * The rows of each part of a complete report, in their order, or of each part of one kind; none where there is no such
   * report.
   *
   * @throws ArchiveDamaged when the header is not what was archived, or a part is missing or does not have the digest that it says.
   */
  parts(id: string, kind?: string): AsyncIterable<readonly unknown[]>;
}

/** Another report is kept under the id: the archive never changes, so the one that is kept counts. */
export class AlreadyArchived extends Error {
  override readonly name = 'AlreadyArchived';
  readonly kept: ArchivedHeader;

  constructor(kept: ArchivedHeader, digest: string) {
    super(
      `Report ${kept.id} is archived with digest ${kept.digest}, and another with digest ${digest} was to be kept under ` +
        'the same id. The archived one counts.',
    );
    this.kept = kept;
  }
}
