/**
 * The history: every resource's versions with their validity intervals, made from changes.
 *
 * A *change* is one fact about one object at one instant; a *version* is one content with the interval in which
 * it was valid. The same set of changes gives the same versions, in whatever order and however often they come.
 * This library does no I/O and never asks the time.
 */
export { isKept, type Actor, type Origin, type Change } from './change.ts';
export {
  ALWAYS,
  COPY_ENDED,
  COUNTER_WENT_BACK,
  isNotShown,
  OUTCOME_UNKNOWN,
  TWO_CLUSTERS,
  type DoubtSince,
  type May,
  type ObjectDoubt,
} from './object-doubt.ts';
export { TOLD_AT_ONCE, watchSource } from './watched.ts';
export { type EndedBy, type Version, overlapping } from './version.ts';
export { firstSights, type Sight, type SightWindow } from './sight.ts';
export type { AskedName } from './told.ts';
export { project } from './project.ts';
export {
  type FlatPolicyEvent,
  flatPolicyEvent,
  type Outcome,
  type PolicyEvent,
  policyEventOf,
} from './policy-event.ts';
export { changesIn, type Reading } from './reading.ts';
export { SourceMemory } from './source-memory.ts';
export { isAuditEvent, readEntry, readLine } from './read-line.ts';
export { withoutDoubts, withoutRefuted } from './refuted.ts';
export { sameDoubt } from './stretches.ts';
export { FOLD, foldOn, foldWhole, NEW_KEY, UID_CHARACTERS, unknownTail, type KeyTail } from './key-fold.ts';
export type { Opened } from './opened.ts';
export { refold } from './refold.ts';
export { ENDING_RESOURCES, endsOf, inferEnds, type End, type EndedVersion } from './infer-ends.ts';
export { restoreDoubts } from './restores.ts';
export {
  CLOCKS_APART_MAX,
  copyEnded,
  isOfOwnCounter,
  isAgain,
  isBegun,
  isInTurns,
  type Meeting,
  numberedSight,
  type NumberedSight,
  twoClusters,
} from './two-clusters.ts';
export { memoryHistory, type MemoryHistory } from './memory.ts';
export { FIRST_OBJECT, birthOf, shownClusterUid, shownUid } from './birth.ts';
export { shownByOneCluster } from './shown-by-one-cluster.ts';
export { baselineOf } from './baseline.ts';
export { EVERYTHING } from './place.ts';
export {
  askedList,
  endByList,
  type AskedList,
  instantOf,
  type ListedKind,
  notListed,
  type ObjectList,
} from './not-listed.ts';
export { judgeByList } from './absences.ts';
