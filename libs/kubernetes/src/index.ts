/**
 * What Margay asks of a Kubernetes API server, and nothing else.
 *
 * A *client* speaks to one API server; `reflect` follows one resource by list and watch and says what it may have
 * missed; `changesFromWatch` turns that into changes of the history. On it rest GlobalReports as objects with their
 * status, Jobs, and permissions. It keeps nothing: positions are handed out and given back.
 */
export * from './client/client.ts';
export * from './client/connection.ts';
export { servedResources } from './client/discover.ts';
export * from './client/errors.ts';
export { connectionInCluster, findConnection } from './client/in-cluster.ts';
export { connectionFromKubeconfig, readKubeconfig } from './client/kubeconfig.ts';
export * from './client/resources.ts';
export * from './watch/changes-from-watch.ts';
export { fingerprintOf } from './watch/inventory.ts';
export * from './watch/notices.ts';
export { reflect, type ReflectOptions, type Resume } from './watch/reflect.ts';
export { watchableKinds, type WatchableKind } from './watch/watchable-kinds.ts';
export {
  customResourceDefinitions,
  definitionFiles,
} from './custom-resources/custom-resource-definitions.ts';
export type { CustomResourceDefinition } from './custom-resources/definition.ts';
export * from './custom-resources/report-types.ts';
export * from './permissions/access.ts';
export * from './permissions/needed-rules.ts';
export * from './permissions/permissions.ts';
export type { Condition, ConditionType } from './reports/conditions.ts';
export * from './reports/global-reports.ts';
export * from './reports/record-event.ts';
export * from './reports/status.ts';
export { keepTypeConditions, type RefusedType } from './reports/type-conditions.ts';
export * from './reports/write-status.ts';
export * from './jobs/job-state.ts';
export * from './jobs/report-environment.ts';
export * from './jobs/report-job.ts';
export * from './jobs/run-report-jobs.ts';
