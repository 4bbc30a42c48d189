/**
 * What the services say to each other: topics, their messages and how those are written.
 *
 * A *topic* has one kind of message, a key for it and an Avro schema; the schemas here are the single source, and every
 * released version of them can still be read. This library does no I/O: bytes go to and come from `messaging`.
 */
export { confluentId, type Framing } from './avro/framing.ts';
export { Undecodable } from './undecodable.ts';
export type { Topic } from './topic.ts';
export { objectOfKey, resourceChanges, type ResourceChange } from './messages/resource-change.ts';
export { policyEvents, type ClusterPolicyEvent } from './messages/policy-event.ts';
export { flows, type ClusterFlow } from './messages/flow.ts';
export { coverageMarks, type ClusterCoverageMark } from './messages/coverage-mark.ts';
export { reportWindowOf, reportWindows, revisedWindow, type ReportWindow } from './messages/report-window.ts';
export {
  childCounts,
  childWindows,
  childReportName,
  isParent,
  parentGrade,
  parentState,
  type ChildCounts,
  type ChildRun,
  type ParentState,
  type ParentWindow,
} from './messages/parent-run.ts';
export { reportsCompleted, type ReportCompleted } from './messages/report-completed.ts';
export { logCheckpoints } from './messages/log-checkpoint.ts';
export { hubNews, type HubNews, type ProvenEntry } from './messages/hub-news.ts';
export { parentRunsSettled } from './messages/parent-run-settled.ts';
export { reportsFailed, type ReportFailed } from './messages/report-failed.ts';
export {
  topics,
  CHANGE_TOPICS,
  CLUSTER_UID_HEADER,
  TELLER_HEADER,
  EVIDENCE_GROUP,
  FLOW_TOPICS,
  WORKER_GROUP,
} from './topics.ts';
