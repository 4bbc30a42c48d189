import type { Report, ReportHeader, ReportTypeSpec } from './report.ts';
import type { UiSummary } from './ui-summary.ts';

/** One file of a report. */
export interface Download {
  readonly name: string;
  readonly mediaType: string;
  /** The file's text, piece by piece. */
  readonly render: (report: Report) => Iterable<string>;
}

/** A type of report. Adding one is a folder and a line in `report-types.ts`. */
export interface ReportType {
  readonly name: string;
  readonly spec: ReportTypeSpec;
  readonly downloads: readonly Download[];
  /** What a screen shows at a glance; the header is enough. */
  readonly uiSummary: (report: ReportHeader) => UiSummary;
}
