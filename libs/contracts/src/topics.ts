import { coverageMarks } from './messages/coverage-mark.ts';
import { flows } from './messages/flow.ts';
import { hubNews } from './messages/hub-news.ts';
import { logCheckpoints } from './messages/log-checkpoint.ts';
import { parentRunsSettled } from './messages/parent-run-settled.ts';
import { policyEvents } from './messages/policy-event.ts';
import { reportsCompleted } from './messages/report-completed.ts';
import { reportsFailed } from './messages/report-failed.ts';
import { reportWindows } from './messages/report-window.ts';
import { resourceChanges } from './messages/resource-change.ts';

/** Every topic, in the order of the flow: what topics are created and documents generated from. */
export const topics = [
  resourceChanges,
  policyEvents,
  flows,
  coverageMarks,
  reportWindows,
  reportsCompleted,
  reportsFailed,
  parentRunsSettled,
  logCheckpoints,
  hubNews,
] as const;

/** The consumer group that keeps evidence in the stores: its positions say what is there. */
export const EVIDENCE_GROUP = 'snapshotter';

/** The evidence of audit logs and watches, without the marks of what they delivered. */
export const CHANGE_TOPICS: readonly string[] = [resourceChanges, policyEvents].map(({ name }) => name);

/** The evidence of flow logs, without their marks. */
export const FLOW_TOPICS: readonly string[] = [flows.name];

/** The consumer group that computes windows: a window that it has passed is nobody's work any more. */
export const WORKER_GROUP = 'report-worker';

/** The header with the uid of the namespace kube-system of a message's cluster, where whoever published it knew that. */
export const CLUSTER_UID_HEADER = 'cluster-uid';

/** The header with who tells: a source as one reader reads it, see `tellerOf`. Absent in messages of older releases. */
export const TELLER_HEADER = 'told-by';
