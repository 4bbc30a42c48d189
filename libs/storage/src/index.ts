/**
 * Where evidence is kept: history, audit trail, flows, coverage and the order in which these came, archive, log and windows; and people’s sessions.
 *
 * Each is a *port* (a folder with the promise in `<port>.ts` and its checks in `<port>.contract.ts`) with an embedded
 * adapter and one for Elasticsearch. All writing is idempotent, so that every message may come again.
 */
export { openEmbedded } from './embedded.ts';
export type { Stores } from './stores.ts';
export { cellOver, type Cell, type Newest } from './cell.ts';
export { databaseIn, DatabaseUnusable, isUnusable } from '@margay/sqlite';
export { openElasticsearch } from './elasticsearch.ts';
export type { ElasticsearchOptions } from './elasticsearch/connection.ts';
export { elasticsearchOptionsOf, elasticsearchPlaceOf, elasticsearchSettings } from './settings.ts';
export { type ArchivedHeader, type Archive, AlreadyArchived } from './archive/archive.ts';
export {
  ArchiveDamaged,
  type DamagedPart,
  headerDamage,
  loggedOtherwise,
  soundHeader,
} from './archive/damaged.ts';
export { checkArchive } from './archive-check/check.ts';
export type { ArchiveJudgement, Trusted } from './archive-check/findings.ts';
export { headersIn } from './archive-check/headers-in.ts';
export type { Resumed } from './archive-check/walk-reports.ts';
export type { Place } from './arrivals/arrivals.ts';
export { askForRevision, askForRun, NotAskable, type AskedRun } from './ask-for-runs.ts';
export { childRunsOf, isParentRecord, type ParentRecord } from './child-runs.ts';
export { deliveredIn, sightsFrom } from './delivered.ts';
export { changeLogKey, checkLog, checkLogKey, logReports, logUnlogged } from './ledger/append.ts';
export {
  keyOfCluster,
  ledgerKeyFor,
  ledgerKeyNow,
  ledgerKeyOf,
  ledgerSettings,
  readKeyFile,
  readLogKeyFile,
  writeNewKey,
  writeSigner,
} from './ledger/key.ts';
export { cosigned, goesOnFromKept, lastConfirmed } from './ledger/confirmed.ts';
export { damageByLog } from './ledger/damage-by-log.ts';
export { runOfKey } from './ledger/key-changes.ts';
export { growthProof } from './ledger/from-tiles.ts';
export { loggedHead, type LoggedReport, type LoggedNow, loggedNow, loggedReport } from './ledger/proofs.ts';
export { lastLogged, type LoggedEntry, logReader } from './ledger/read-log.ts';
export { type LogHead, LogRefused } from './ledger/ledger.ts';
export { bundleIn, tileIn } from './ledger/served-tiles.ts';
export { type Mirror, type MirrorStanding, OtherLog, type ToldNews } from './mirror/mirror.ts';
export type { History, KnownObject } from './history/history.ts';
export { Refused } from './refused.ts';
export type { KeptSession } from './sessions/sessions.ts';
export type { KeptList } from './lists/lists.ts';
export { ANY_CLUSTER, type Asides } from './asides/asides.ts';
export { clusterUidOf } from './tellers/cluster-uid.ts';
export {
  allWindows,
  type KnownReport,
  type WindowPlace,
  type WindowRecord,
  type Windows,
  type WindowState,
} from './windows/windows.ts';
