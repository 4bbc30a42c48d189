import type fc from 'fast-check';
import {
  anyCoverageMark,
  anyFlow,
  anyHubNews,
  anyLogCheckpoint,
  anyParentRunSettled,
  anyPolicyEvent,
  anyReportCompleted,
  anyReportFailed,
  anyReportWindow,
  anyResourceChange,
} from './messages.ts';

const ANY: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'margay.resource-changes': anyResourceChange,
  'margay.policy-events': anyPolicyEvent,
  'margay.flows': anyFlow,
  'margay.coverage': anyCoverageMark,
  'margay.report-windows': anyReportWindow,
  'margay.report-completed': anyReportCompleted,
  'margay.report-failed': anyReportFailed,
  'margay.parent-run-settled': anyParentRunSettled,
  'margay.log-checkpoints': anyLogCheckpoint,
  'margay.hub-news': anyHubNews,
};

/** Any message of the topic. @throws Error for a topic without one: each must be tested. */
export function anyMessage(topic: string): fc.Arbitrary<unknown> {
  const any = ANY[topic];
  if (any === undefined) throw new Error(`No generator for the messages of ${topic}.`);
  return any;
}
