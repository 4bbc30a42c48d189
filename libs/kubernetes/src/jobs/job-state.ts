import { type Instant, parseInstant } from '@margay/ground';
import type { ApiObject } from '../client/resources.ts';
import { FAILED_KEPT, SUCCESSFUL_KEPT, type JobReference, type ReportRun } from '../reports/status.ts';
import { END_ANNOTATION, REPORT_ANNOTATION, START_ANNOTATION, WINDOW_ANNOTATION } from './report-job.ts';

/** A Job that makes a report, and how far it is. */
export interface JobState extends ReportRun {
  readonly reportName: string;
  readonly windowId: string;
  readonly job: JobReference & { readonly name: string; readonly namespace: string; readonly uid: string };
}

interface JobCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

interface JobObjectStatus {
  readonly active?: number;
  readonly completionTime?: string;
  readonly conditions?: readonly JobCondition[];
}

/** How far a Job is; undefined for one that makes no report. */
export function jobState(object: ApiObject): JobState | undefined {
  const { name, namespace = '', uid = '', resourceVersion, annotations = {} } = object.metadata;
  const reportName = annotations[REPORT_ANNOTATION];
  const start = parseInstant(annotations[START_ANNOTATION]);
  const end = parseInstant(annotations[END_ANNOTATION]);
  if (reportName === undefined || start === undefined || end === undefined) return undefined;
  const status = (object['status'] ?? {}) as JobObjectStatus;
  const said = (type: string) =>
    status.conditions?.find((condition) => condition.type === type && condition.status === 'True');
  const complete = said('Complete');
  const failed = said('Failed');
  const completedAt: Instant | undefined = parseInstant(
    status.completionTime ?? complete?.lastTransitionTime ?? failed?.lastTransitionTime,
  );
  return {
    reportName,
    windowId: annotations[WINDOW_ANNOTATION] ?? '',
    start,
    end,
    state: complete ? 'succeeded' : failed ? 'failed' : (status.active ?? 0) > 0 ? 'running' : 'waiting',
    ...((complete || failed) && completedAt !== undefined && { completedAt }),
    ...(failed && { reason: failed.message ?? failed.reason ?? 'the Job says no reason' }),
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      name,
      namespace,
      uid,
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
  };
}

/** The Jobs that are over and that the documented history does not keep: of each report, 3 failed and 2 successful stay. */
export function jobsToDelete(jobs: readonly JobState[]): JobState[] {
  const over = new Map<string, JobState[]>();
  for (const job of jobs) {
    if (job.state !== 'failed' && job.state !== 'succeeded') continue;
    const key = `${job.state} ${job.reportName}`;
    over.set(key, [...(over.get(key) ?? []), job]);
  }
  return [...over.values()].flatMap((same) =>
    same
      .sort((a, b) => b.end - a.end || b.start - a.start)
      .slice(same[0]?.state === 'failed' ? FAILED_KEPT : SUCCESSFUL_KEPT),
  );
}
