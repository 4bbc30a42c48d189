import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '@margay/ground';
import {
  DEFAULT_GROUP,
  globalReportStatus,
  newsOf,
  recordEvent,
  writeStatus,
  type ClusterReport,
  type GlobalReportStatus,
  type KubernetesClient,
  type ReportRun,
  type ScheduleProblem,
  type StatusInput,
} from '@margay/kubernetes';
import { nextTick } from '@margay/reports';
import type { Log } from '@margay/runtime';

export interface KeepStatusOptions {
  readonly client: KubernetesClient;
  readonly group?: string;
  readonly now: () => Instant;
  readonly log: Log;
  /** Who says so in Events. */
  readonly component: string;
  /** Whether reports that choose their nodes are made by Jobs. */
  readonly hasJobs: boolean;
}

/** Keeps the documented status of a report. */
export type KeepStatus = (
  report: ClusterReport,
  runs: readonly ReportRun[],
  problem: ScheduleProblem | undefined,
  clusters?: StatusInput['clusters'],
) => Promise<void>;

/** What was written of which the API server kept less. */
interface Pruned {
  readonly written: GlobalReportStatus;
  readonly kept: unknown;
}

/**
 * Keeps the statuses of reports: each is written when it is to say something else than it says. Where the definition of others
 * drops fields of it, that is said once, and what was written counts.
 */
export function keepStatus({
  client,
  group = DEFAULT_GROUP,
  now,
  log,
  component,
  hasJobs,
}: KeepStatusOptions): KeepStatus {
  const pruned = new Map<string, Pruned>();
  /** Problems that an Event told, by report. */
  const events = new Map<string, string>();
  let isTold = false;
  return async ({ name, uid, apiVersion, generation, report, status }, runs, problem, clusters) => {
    const at = now();
    const about = { apiVersion, kind: 'GlobalReport', name, uid };
    const { schedule, suspend, jobNodeSelector } = report?.spec ?? {};
    const from = runs.reduce((last, { end, manual }) => (manual ? last : Math.max(last, end)), 0) || at;
    const nextEnd =
      problem === undefined && schedule !== undefined ? nextTick(schedule, Math.max(from, at)) : undefined;
    const statusFor = (generation: number, known: GlobalReportStatus | undefined) =>
      asStored(
        globalReportStatus({
          generation,
          runs,
          ...(problem && { problem }),
          ...(suspend !== undefined && { suspended: suspend }),
          ...(jobNodeSelector !== undefined && { onChosenNodes: hasJobs }),
          ...(clusters && { clusters }),
          ...(nextEnd !== undefined && { nextEnd }),
          ...(known && { before: known }),
          now: at,
        }),
      );
    const cut = pruned.get(uid);
    // What is known of the report is a moment old: good enough to tell that there is nothing to write.
    const before = cut && isDeepStrictEqual(cut.kept, status) ? cut.written : status;
    if (before === undefined || !isDeepStrictEqual(statusFor(generation, before), before)) {
      let written: GlobalReportStatus | undefined;
      const stored = await writeStatus(client, group, { name, uid }, (object) => {
        written = statusFor(object.metadata.generation ?? 0, cut?.written ?? object.status);
        return written;
      });
      pruned.delete(uid);
      if (written !== undefined && stored !== undefined && !isDeepStrictEqual(stored.status, written)) {
        pruned.set(uid, { written, kept: stored.status });
        if (!isTold)
          log.warn('The status of GlobalReports is cut by their definition: apply the chart’s crds', {
            report: name,
            missing: Object.keys(written)
              .filter((field) => !(field in (stored.status ?? {})))
              .join(', '),
          });
        isTold = true;
      }
      if (stored !== undefined && written !== undefined)
        for (const news of newsOf(before, written))
          await recordEvent(client, { about, ...news, component }, at);
    }
    const told = before?.conditions?.find(({ type }) => type === 'Schedulable');
    const isNews = told?.reason !== problem?.reason || told?.message !== problem?.message;
    if (problem === undefined) events.delete(uid);
    else if (isNews && events.get(uid) !== problem.message) {
      await recordEvent(client, { about, type: 'Warning', ...problem, component }, at);
      events.set(uid, problem.message);
    }
  };
}

/** As it comes back from the API server. */
const asStored = (status: GlobalReportStatus): GlobalReportStatus =>
  JSON.parse(JSON.stringify(status)) as GlobalReportStatus;
