/**
 * The REST API, described once: every operation with its path, its parameters, what it answers and the right that it needs.
 *
 * The api serves `OPERATIONS`, its guard enforces their `right`, `openApi` documents them, and the dashboard's types are
 * those of their answers. An *operation* is a method of a path; a *right* is what a viewer must be permitted to do. Nothing
 * here serves anything, and nothing knows how reports are made.
 */
export {
  type AuditEvent,
  type FlowEnd,
  type Row,
  type RowKind,
  ROWS,
  type Rows,
  type Intervals,
} from './answers/rows.ts';
export type { Cluster, Clusters, ClusterState, EndpointState } from './answers/cluster.ts';
export type { Comparison } from './answers/compare.ts';
export type { Coverage, Outcome, SourceCoverage } from './answers/coverage.ts';
export type { Evidence, NamedObjects } from './answers/evidence.ts';
export type { Page } from './answers/list.ts';
export type { ParentRun, ParentRuns } from './answers/parent-run.ts';
export type { PolicyChange } from './answers/policy-change.ts';
export type { AskedRunAnswer, GlobalReports } from './answers/global-report.ts';
export type { Late, Ring, Run, RunDetail, Runs, Trend } from './answers/run.ts';
export type { SignedOut, WaysToSignIn } from './answers/session.ts';
export type { Flag, Span, Timeline } from './answers/timeline.ts';
export { coveragePredicate, coverageSchema } from './coverage-statement.ts';
export { openApi } from './openapi.ts';
export { BASE, type Answered, type Operation, type Query, routeOf, routesOf } from './operation.ts';
export { type OperationId, OPERATIONS } from './operations.ts';
export type { AskRunQuery, GrowthQuery, ParentRunsQuery, RowsQuery, RunsQuery } from './queries.ts';
export { documentedAnswers, whoMayTable } from './who-may.ts';
export { type Permission, type Right, RIGHTS } from './rights.ts';
