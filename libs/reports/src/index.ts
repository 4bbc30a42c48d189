/**
 * Reports: from the history of a window to rows, summaries and files.
 *
 * `computeReport` replays the window and says of every endpoint in scope what was always and what was ever true of it. A
 * report's type, one of `REPORT_TYPES`, says what is computed and which files are made of it. This library does no I/O
 * and never asks the time.
 */
export { computeReport, type ReportInput } from './compute-report.ts';
export { reportInput, type AskedReport, type KnownEvidence } from './report-input.ts';
export type * from './report.ts';
export type * from './report-type-spec.ts';
export { ROW_KINDS } from './report.ts';
export type { NamedObjects, ReportEvidence, UnreadPolicy } from './evidence.ts';
export { printedVersion } from './evidence.ts';
export { endpointTimeline, mayConcern, TIMELINE_RESOURCES } from './timeline.ts';
export { REPORT_TYPES, reportType, typeOfReport } from './report-types.ts';
export {
  BUILT_IN_LABEL,
  readReportType,
  type CustomReportType,
  type ReadReportType,
} from './custom-types/read-report-type.ts';
export { TemplateProblem } from '@margay/go-template';
export { WHOLE, type Download, type Piece, type ReportType } from './report-type.ts';
export type { UiSummary, UiWidget } from './ui-summary.ts';
export { jsonList, reportJsonHead, reportJsonTail, toReportJson } from './json/report-json.ts';
export { digestOf } from './json/digest.ts';
export { type Verification, verifyReport } from './json/verify.ts';
export {
  headerOf,
  emptyRows,
  joinReport,
  PART_LENGTH_MAX,
  type ReportPart,
  ROWS_PER_PART,
  type SplitReport,
  splitReport,
} from './json/parts.ts';
export type { GlobalReport, GlobalReportSpec } from './global-report.ts';
export { ManifestProblem, type ReadGlobalReport, readGlobalReport } from './read-global-report.ts';
export { MINUTES_MAX, nextTick, scheduleProblem } from './schedule.ts';
