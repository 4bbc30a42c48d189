/**
 * Coverage: what each source is known to have delivered, and what that makes of a report's evidence.
 *
 * A *mark* says what one stretch of one source became; a *delivery* is the sum of one source's marks over all time, a *stream* what
 * delivers as one. From them come the *evidence* of a window, its grade, and its *doubts*.
 */
export { asideMarks, type AsideMessage } from './aside.ts';
export type { Canary } from './canary.ts';
export {
  type LostKnowledge,
  canarySource,
  fileName,
  fileSource,
  generationOf,
  flowSource,
  isOfFlows,
  lostKnowledge,
  lostSource,
  settingsSource,
  tellsOfTime,
  watchedKind,
  PACKED,
  sourceName,
  surelyRotatedFrom,
  printedSources,
  setsOf,
} from './source.ts';
export {
  type Read,
  type Counts,
  type Bucket,
  type Problem,
  type CoverageMark,
  type SetBack,
  markOf,
} from './mark.ts';
export { type Outline, type Rest, extentOf, reachOf, outlineOf } from './outline.ts';
export { type Delivery, Deliveries, deliveriesOf, withRetirements } from './delivery.ts';
export type { Doubt } from './doubt.ts';
export { type Grade, GRADES, worstOf } from './grade.ts';
export { type WatchedKind } from './assess.ts';
export {
  type Repeats,
  type Evidence,
  type RetiredSource,
  doubtsFor,
  leftOpenFor,
  evidenceFor,
  readInterval,
} from './evidence.ts';
export { problemAtEnd, sourceStates, writtenCanaries, type SourceState } from './source-state.ts';
export { type Listing, listingMark, listingsIn } from './listing.ts';
export type { Unapplied } from './unapplied.ts';
export { CLOCKS_DIFFER, LATENESS, LONG_AGO } from './lateness.ts';
export { joinedMark } from './joined-mark.ts';
export { lostMark } from './lost-mark.ts';
export {
  isShown,
  isTied,
  isTold,
  openSources,
  otherSince,
  saidAt,
  seenAt,
  standingAt,
  tellerMarks,
  tellerOf,
  timesOf,
  timesOfBoth,
  toldAt,
  toldOn,
  whoseOf,
  type TellerFact,
  type Whose,
} from './tellers.ts';
export { watchesBehind } from './watch.ts';
export { type Retirement, retirementsIn } from './retirement.ts';
export { retire, takeBack } from './retire.ts';
export {
  COVERAGE_STATEMENT,
  coverageStatement,
  type StatedEvidence,
  isStatedEvidence,
  statementProblem,
} from './statement.ts';
