import { coverageMarks } from './messages/coverage-mark.ts';
import { flows } from './messages/flow.ts';
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
] as const;
