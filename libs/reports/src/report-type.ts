import type { Report, ReportHeader, RowKind } from './report.ts';
import type { ReportTypeSpec } from './report-type-spec.ts';
import type { UiSummary } from './ui-summary.ts';

/** Which piece of a file is made: a file may be written from its rows part by part, so that memory stays small. */
export interface Piece {
  /** With what stands before the first row. */
  readonly first: boolean;
  /** With what stands after the last row. */
  readonly last: boolean;
}

/** A file in one piece. */
export const WHOLE: Piece = { first: true, last: true };

/** One file of a report. */
export interface Download {
  readonly name: string;
  /** What it is, in a phrase for people. */
  readonly description?: string;
  readonly mediaType: string;
  /** The kind of rows that it lists; none for a file of the header alone. */
  readonly lists?: RowKind;
  /** Kinds of rows that must all be there for each piece. */
  readonly needs?: readonly RowKind[];
  /** Made by a template of users, which may take its time and may fail with a `TemplateProblem`. */
  readonly isTemplate?: true;
  /** The text of the piece with the rows that the report has; of the whole file unless said. */
  readonly render: (report: Report, piece?: Piece) => Iterable<string>;
}

/** A type of report. */
export interface ReportType {
  readonly name: string;
  readonly spec: ReportTypeSpec;
  readonly downloads: readonly Download[];
  /** What a screen shows at a glance; the header is enough. */
  readonly uiSummary: (report: ReportHeader) => UiSummary;
}

/**
 * A type of report that is built in.
 *
 * Adding one is a folder and a line in `report-types.ts`: its object in the cluster, the words of the custom resource, the rows of
 * the documents and what the pages show all follow from what stands here.
 */
export interface BuiltInReportType extends ReportType {
  /** Which question it answers, in a phrase for people. */
  readonly answers: string;
}
