/**
 * Reports: from the history of a window to rows, summaries and files.
 *
 * `computeReport` replays the window and says of every endpoint in scope what was always and what was ever true of it. A
 * report's type, one of `REPORT_TYPES`, says what is computed and which files are made of it. This library does no I/O
 * and never asks the time.
 */
export { computeReport, hasScope } from './compute-report.ts';
export { clusterAt, type ClusterAt, instantOf } from './cluster-at.ts';
export { sightsToAsk } from './doubts/play.ts';
export { isOfTraffic, leftOpen, reportInput } from './report-input.ts';
export { openedSince } from './opened-since.ts';
export { namesToAsk } from './named/names.ts';
export { JOINED } from './rows/acts.ts';
export { auditedResources, auditWindow, versionsWindow } from './evidence-windows.ts';
export type {
  EndpointRow,
  NamespaceRow,
  ServiceRow,
  FlowRow,
  ProtectionChangeRow,
  RowKind,
  ReportHeader,
  Revision,
  Report,
} from './report.ts';
export type { ReportTypeSpec } from './report-type-spec.ts';
export { DOUBTS_MAX, ROW_KINDS } from './report.ts';
export { NO_FLOWS, type ListedDoubt, listedDoubt } from './evidence.ts';
export { evidenceGrade, neverSeenWords } from './evidence-words.ts';
export { proofWords } from './proof-words.ts';
export { printedVersion } from './printed-version.ts';
export { endpointTimeline, mayConcern, TIMELINE_RESOURCES } from './timeline.ts';
export { type FileOfEveryReport, LOG_FILES } from './files-of-every-report.ts';
export { REPORT_TYPES, typeOfReport } from './report-types.ts';
export { BUILT_IN_LABEL, readReportType, type ReadReportType } from './custom-types/read-report-type.ts';
export { TemplateProblem } from '@margay/go-template';
export { YAML_LENGTH_MAX, yamlDocuments } from './yaml-documents.ts';
export { templateLimits } from './custom-types/template-limits.ts';
export type { Download, Piece, ReportType } from './report-type.ts';
export { jsonList, reportJsonHead, reportJsonTail, toReportJson } from './json/report-json.ts';
export { summariesProblem } from './json/summaries.ts';
export { verifyReport } from './json/verify.ts';
export { emptyRows, joinReport, type ReportPart, splitReport } from './json/parts.ts';
export type { GlobalReport, GlobalReportSpec } from './global-report.ts';
export { readGlobalReport } from './read-global-report.ts';
export { lastTick, nextTick, scheduleProblem } from './schedule.ts';
