import { formatSeconds, type Instant, type Window } from '@margay/ground';
import type { Condition, ConditionType } from './conditions.ts';
import { withConditions } from './conditions.ts';

/** core/v1 ObjectReference, of the Job that computes a report; empty where a worker does. */
export interface JobReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** A run of a report as `status` shows it. Instants are RFC 3339, in seconds. */
export interface ReportJobStatus {
  readonly start: string;
  readonly end: string;
  readonly job: JobReference;
}

export interface CompletedReportJobStatus extends ReportJobStatus {
  readonly jobCompletionTime?: string;
}

/** A run over many clusters as `status` shows it: the clusters that were chosen by how far each is; names are for those who may see them. */
export interface ClustersStatus {
  /** How many are chosen by now. */
  readonly chosen: number;
  /** Of those that the newest run chose, so many have a report: `2/3`. */
  readonly reported?: string;
  readonly complete?: number;
  readonly withGaps?: number;
  readonly failed?: number;
  readonly missing?: number;
  readonly notYet?: number;
}

/** The newest run of a report over many clusters. */
export interface RunOverClusters extends Window {
  readonly state: 'running' | 'failed' | 'with gaps' | 'complete';
  readonly counts: Readonly<
    Record<'clusters' | 'complete' | 'withGaps' | 'failed' | 'missing' | 'notYet', number>
  >;
  /** The counts in words. */
  readonly words: string;
}

/** The `status` of a GlobalReport. */
export interface GlobalReportStatus {
  /** Of one with `spec.clusters`. */
  readonly clusters?: ClustersStatus;
  readonly lastScheduledReportJob?: ReportJobStatus;
  readonly activeReportJobs?: readonly ReportJobStatus[];
  readonly lastFailedReportJobs?: readonly CompletedReportJobStatus[];
  readonly lastSuccessfulReportJobs?: readonly CompletedReportJobStatus[];
  readonly nextReportTime?: string;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

/** A window of a report and what became of it. */
export interface ReportRun extends Window {
  readonly state: 'waiting' | 'running' | 'failed' | 'succeeded';
  /** Asked for by a person: not in the status. */
  readonly manual?: boolean;
  readonly completedAt?: Instant;
  /** Why it failed. */
  readonly reason?: string;
  readonly job?: JobReference;
}

/** Why a report cannot be scheduled: a word for programs, sentences for people. */
export interface ScheduleProblem {
  readonly reason: string;
  readonly message: string;
}

export interface StatusInput {
  readonly generation: number;
  /** The report's runs; at least those under way and the newest of the others. In any order. */
  readonly runs: readonly ReportRun[];
  readonly problem?: ScheduleProblem;
  readonly suspended?: boolean;
  /** Of a report that chooses its nodes, whether Jobs make it there; undefined of any other. */
  readonly onChosenNodes?: boolean;
  /** Of a report with `spec.clusters`, where these are chosen from. */
  readonly clusters?: { readonly chosen: number; readonly newest?: RunOverClusters };
  /** When the next run ends; undefined where none will. */
  readonly nextEnd?: Instant;
  /** The status as it is now, whose times of transition go on. */
  readonly before?: GlobalReportStatus;
  readonly now: Instant;
}

/** How many runs of one report may be under way at once, as documented. */
export const ACTIVE_MAX = 5;
export const FAILED_KEPT = 3;
export const SUCCESSFUL_KEPT = 2;

/** The documented status of a report; pure, and the same for the same runs in any order. */
export function globalReportStatus(input: StatusInput): GlobalReportStatus {
  const runs = input.runs.filter(({ manual }) => !manual).sort((a, b) => b.end - a.end || b.start - a.start);
  const active = runs.filter(({ state }) => state === 'waiting' || state === 'running');
  const failed = runs.filter(({ state }) => state === 'failed').slice(0, FAILED_KEPT);
  const successful = runs.filter(({ state }) => state === 'succeeded').slice(0, SUCCESSFUL_KEPT);
  const last = newest(runs[0] && jobOf(runs[0]), input.before?.lastScheduledReportJob);
  return {
    ...(last && { lastScheduledReportJob: last }),
    // The oldest are those that are under way: what is behind them waits for them.
    activeReportJobs: active.toReversed().slice(0, ACTIVE_MAX).map(jobOf),
    lastFailedReportJobs: failed.map(completedJobOf),
    lastSuccessfulReportJobs: successful.map(completedJobOf),
    ...(input.nextEnd !== undefined &&
      input.suspended !== true && { nextReportTime: formatSeconds(input.nextEnd) }),
    ...(input.clusters && { clusters: clustersStatus(input.clusters) }),
    observedGeneration: input.generation,
    conditions: withConditions(
      input.before?.conditions ?? [],
      conditionsOf(input, failed[0], successful[0]),
      input,
    ),
  };
}

function clustersStatus({ chosen, newest }: NonNullable<StatusInput['clusters']>): ClustersStatus {
  if (newest === undefined) return { chosen };
  const { clusters, ...counts } = newest.counts;
  return { chosen, reported: `${counts.complete + counts.withGaps}/${clusters}`, ...counts };
}

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

function conditionsOf(
  { problem, suspended, nextEnd, onChosenNodes, clusters }: StatusInput,
  failed: ReportRun | undefined,
  successful: ReportRun | undefined,
): Readonly<Record<ConditionType, Said | undefined>> {
  const begins = schedulable(problem, suspended, nextEnd);
  const ended = lastResult(failed, successful);
  return {
    Schedulable: begins,
    LastReportSucceeded: ended,
    Ready: ready(begins, ended),
    OnChosenNodes: onChosenNodes === undefined ? undefined : onChosenNodes ? BY_JOB : NO_JOBS,
    ClustersReported: clusters && clustersReported(clusters.newest),
  };
}

const REPORTED: Readonly<Record<RunOverClusters['state'], Pick<Said, 'status' | 'reason'>>> = {
  running: { status: 'Unknown', reason: 'Running' },
  failed: { status: 'False', reason: 'Failed' },
  'with gaps': { status: 'False', reason: 'WithGaps' },
  complete: { status: 'True', reason: 'Complete' },
};

function clustersReported(newest: RunOverClusters | undefined): Said {
  if (newest === undefined)
    return { status: 'Unknown', reason: 'NoReportYet', message: 'No run over its clusters was begun yet.' };
  const { start, end, state, words } = newest;
  return {
    ...REPORTED[state],
    message: `${words}, from ${formatSeconds(start)} to ${formatSeconds(end)}.`,
  };
}

const BY_JOB: Said = {
  status: 'True',
  reason: 'ByJob',
  message: 'Its reports are made by Jobs on nodes of spec.jobNodeSelector.',
};
const NO_JOBS: Said = {
  status: 'False',
  reason: 'NoJobs',
  message:
    'spec.jobNodeSelector is without effect: this installation makes the report all the same, in its own process, on the node where that runs. Take it out of the report, or install the distributed profile for a Job on these nodes.',
};

function schedulable(problem: ScheduleProblem | undefined, suspended = false, nextEnd?: Instant): Said {
  if (problem) return { status: 'False', ...problem };
  if (suspended) {
    return {
      status: 'True',
      reason: 'Suspended',
      message: 'Nothing new is begun while spec.suspend is true; what is missed is made up for afterwards.',
    };
  }
  if (nextEnd === undefined) {
    return {
      status: 'True',
      reason: 'ByHandOnly',
      message: 'There is no schedule: the report is run by hand only.',
    };
  }
  return {
    status: 'True',
    reason: 'Scheduled',
    message: `The next report ends at ${formatSeconds(nextEnd)}.`,
  };
}

function lastResult(failed: ReportRun | undefined, successful: ReportRun | undefined): Said {
  if (failed && (!successful || failed.end > successful.end)) {
    return {
      status: 'False',
      reason: 'Failed',
      message: `The report from ${formatSeconds(failed.start)} to ${formatSeconds(failed.end)} failed: ${failed.reason ?? 'no reason was given'}`,
    };
  }
  if (successful) {
    return {
      status: 'True',
      reason: 'Succeeded',
      message: `The report from ${formatSeconds(successful.start)} to ${formatSeconds(successful.end)} is archived.`,
    };
  }
  return { status: 'Unknown', reason: 'NoReportYet', message: 'No report has come to an end yet.' };
}

/** What is in the way counts first, then the newest report that ended; one of which none has ended yet is ready. */
function ready(begins: Said, ended: Said): Said {
  if (begins.status === 'False') return begins;
  return ended.status === 'False' ? { ...ended, reason: 'LastReportFailed' } : begins;
}

function newest(a: ReportJobStatus | undefined, b: ReportJobStatus | undefined): ReportJobStatus | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(b.end) > Date.parse(a.end) ? b : a;
}

function jobOf({ start, end, job }: ReportRun): ReportJobStatus {
  return { start: formatSeconds(start), end: formatSeconds(end), job: job ?? {} };
}

function completedJobOf(run: ReportRun): CompletedReportJobStatus {
  return {
    ...jobOf(run),
    ...(run.completedAt !== undefined && { jobCompletionTime: formatSeconds(run.completedAt) }),
  };
}
