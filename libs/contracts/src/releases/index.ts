import type { RecordSchema } from '../avro/schema.ts';
import { RESOURCE_CHANGE_RELEASES } from './resource-change.ts';
import { POLICY_EVENT_RELEASES } from './policy-event.ts';
import { FLOW_RELEASES } from './flow.ts';
import { COVERAGE_MARK_RELEASES } from './coverage-mark.ts';
import { REPORT_WINDOW_RELEASES } from './report-window.ts';
import { REPORT_COMPLETED_RELEASES } from './report-completed.ts';
import { REPORT_FAILED_RELEASES } from './report-failed.ts';
import { PARENT_RUN_SETTLED_RELEASES } from './parent-run-settled.ts';
import { LOG_CHECKPOINT_RELEASES } from './log-checkpoint.ts';
import { HUB_NEWS_RELEASES } from './hub-news.ts';

/** Every released schema of every topic, oldest first. */
export const releases: Readonly<Record<string, readonly RecordSchema[]>> = {
  'margay.resource-changes': RESOURCE_CHANGE_RELEASES,
  'margay.policy-events': POLICY_EVENT_RELEASES,
  'margay.flows': FLOW_RELEASES,
  'margay.coverage': COVERAGE_MARK_RELEASES,
  'margay.report-windows': REPORT_WINDOW_RELEASES,
  'margay.report-completed': REPORT_COMPLETED_RELEASES,
  'margay.report-failed': REPORT_FAILED_RELEASES,
  'margay.parent-run-settled': PARENT_RUN_SETTLED_RELEASES,
  'margay.log-checkpoints': LOG_CHECKPOINT_RELEASES,
  'margay.hub-news': HUB_NEWS_RELEASES,
};
