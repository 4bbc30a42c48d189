/**
 * What Margay asks of a Kubernetes API server, and nothing else.
 *
 * A *client* speaks to one API server; `reflect` follows one resource by list and watch and says what it may have
 * missed; `changesFromWatch` turns that into changes of the history. On it rest GlobalReports as objects with their
 * status, Jobs, and permissions. It keeps nothing: positions are handed out and given back.
 */
export { KubernetesClient } from './client/client.ts';
export type { Connection } from './client/connection.ts';
export { isForbidden, isNotFound, isTransient } from './client/errors.ts';
export { findConnection } from './client/in-cluster.ts';
export { connectionFromKubeconfig, readKubeconfig } from './client/kubeconfig.ts';
export { type ApiResource, apiVersionOf } from './client/resources.ts';
export {
  type WatchChange,
  type WatchedChanges,
  changesFromWatch,
  changesOf,
} from './watch/changes-from-watch.ts';
export { fingerprintOf } from './watch/inventory.ts';
export type { Known, Position, Gap } from './watch/notices.ts';
export { Proof } from './watch/proof.ts';
export { StoreNews } from './watch/store-news.ts';
export type { Resume } from './watch/reflect.ts';
export { type ApiServicesNews, followApiServices } from './watch/api-services.ts';
export {
  type Serving,
  servingsOf,
  watchableKinds,
  type WatchableKind,
  waysToServe,
} from './watch/watchable-kinds.ts';
export { apiServersProblem, followApiServers } from './canary/api-servers.ts';
export { lostBetween, type AuditCounts } from './canary/audit-counts.ts';
export { CanaryWriter, type WrittenCanary } from './canary/canary-writer.ts';
export { followCanary, type CanaryNews } from './canary/follow-canary.ts';
export { customResourceDefinitions } from './custom-resources/custom-resource-definitions.ts';
export { findingsOf, lookAtGroups } from './custom-resources/group-state.ts';
export { takeDefinition } from './custom-resources/take-definition.ts';
export {
  DEFAULT_GROUP,
  OWN_GROUP,
  globalReports,
  predefinedReportTypes,
  installReportTypes,
} from './custom-resources/report-types.ts';
export { type ReportRef, type Action, accessesFor } from './permissions/access.ts';
export { Leadership } from './leading/leadership.ts';
export { type PolicyRule, type Part, neededRules } from './permissions/needed-rules.ts';
export { Unauthenticated, Denied, Permissions, type User } from './permissions/permissions.ts';
export {
  type ClusterReport,
  type ClusterReports,
  followGlobalReports,
  type ClusterReportTypes,
  clusterReportTypes,
  followReportTypes,
  withType,
  clusterReport,
  findGlobalReport,
} from './reports/global-reports.ts';
export { newsOf } from './reports/news.ts';
export { recordEvent } from './reports/record-event.ts';
export {
  type GlobalReportStatus,
  type ReportRun,
  type ScheduleProblem,
  type StatusInput,
  ACTIVE_MAX,
  globalReportStatus,
} from './reports/status.ts';
export { keepTypeConditions } from './reports/type-conditions.ts';
export { type GlobalReportObject, writeStatus } from './reports/write-status.ts';
export { type JobState, jobsToDelete } from './jobs/job-state.ts';
export { REPORT_END, REPORT_NAME, REPORT_START, readReportEnvironment } from './jobs/report-environment.ts';
export { reportJob } from './jobs/report-job.ts';
export { type JobNews, findPodTemplate, startJob, deleteJob, followJobs } from './jobs/run-report-jobs.ts';
