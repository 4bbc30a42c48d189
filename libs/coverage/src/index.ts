/**
 * Coverage: what each source is known to have delivered, and what that makes of a report's evidence.
 *
 * A *mark* says what one stretch of one source became; the *evidence* of a window is computed from all marks.
 */
export { fileSource, generationOf, flowSource, isOfFlows, sourceName, printedSources } from './source.ts';
export { type Read, type Counts, type Bucket, type Problem, type CoverageMark, markOf } from './mark.ts';
export { extentOf, reachOf, restOf, distantMark } from './distant.ts';
export { type Repeats, type Evidence, evidenceFor } from './evidence.ts';
