/**
 * What every process needs around its work: settings, logs, metrics, traces, a graceful stop, problems as answers; and progress and
 * durations for people.
 *
 * Nothing here loads Nest, so that commands start fast. What makes a process a service (modules, health, HTTP, stages) is behind the
 * other door, `@margay/runtime/nest`.
 */
export { atOnce } from './at-once.ts';
export { Away, isAway } from './away.ts';
export { type Environment, isGiven, readConfig } from './config/read-config.ts';
export {
  flag,
  whole,
  list,
  webAddress,
  isLoopback,
  isSafeAddress,
  goDuration,
  bothOrNone,
  clusterName,
  clusterSettings,
  clusterUidsOf,
  identitySettings,
  cellSettings,
  clustersOf,
  ownClusterOf,
  type CellConfig,
} from './config/settings.ts';
export { compiled } from './compiled.ts';
export { markdownTable } from './docs/markdown-table.ts';
export { parseGoDuration } from './duration.ts';
export { failureOf, partOf, type Part } from './failed.ts';
export { bytesWithin, fetchFailure } from './fetched.ts';
export { keepNames } from './keep-names.ts';
export { type Fields, type Log, openLog, silentLog } from './log.ts';
export { makeFolder } from './make-folder.ts';
export { METRICS } from './metrics/catalogue.ts';
export { type Metrics, openMetrics } from './metrics/metrics.ts';
export { onceDone } from './once-done.ts';
export { Problem, missing, problemOf, refused } from './problem.ts';
export { type Progress, openProgress } from './progress.ts';
export { replaceFile } from './replace-file.ts';
export { reasonOf, shownAddress, shownText, stackOf } from './shown.ts';
export { stopSignal } from './stop.ts';
export { together } from './together.ts';
export { parseTraceParent, TRACE_HEADER, traced, traceHeaders } from './tracing/trace.ts';
export { VERSION } from './version.ts';
