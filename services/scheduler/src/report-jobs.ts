import { reportsFailed, type ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import {
  deleteJob,
  findPodTemplate,
  followJobs,
  jobsToDelete,
  reportJob,
  startJob,
  type ClusterReport,
  type JobNews,
  type JobState,
  type KubernetesClient,
} from '@margay/kubernetes';
import { publishAll, type Bus } from '@margay/messaging';
import type { GlobalReportSpec } from '@margay/reports';
import { reasonOf, type Log } from '@margay/runtime';
import type { Windows } from '@margay/storage';

export interface ReportJobsOptions {
  readonly client: KubernetesClient;
  /** Where Jobs run, and where the pod template `tigera.io.report` is. */
  readonly namespace: string;
  readonly bus: Bus;
  readonly windows: Windows;
  readonly now: () => Instant;
  readonly log: Log;
}

/** The Jobs of reports that choose their nodes. */
export interface ReportJobs {
  /** The Job of a window, as far as it is known. */
  of(windowId: string): JobState | undefined;
  /** Whether there is a Job of the window that has not ended. */
  isAtWork(windowId: string): boolean;
  /** Makes Jobs of those windows whose reports choose nodes; gives the others, which are the workers'. */
  start(
    windows: readonly ReportWindow[],
    reports: ReadonlyMap<string, ClusterReport>,
  ): Promise<ReportWindow[]>;
  /** Follows what becomes of the Jobs: those that failed are told of, those that are too many deleted. */
  follow(signal: AbortSignal): Promise<void>;
}

/**
 * Runs reports with `jobNodeSelector` as Kubernetes Jobs. A Job's name follows from report and window, so any number of
 * schedulers may do this at once. Without a pod template in the namespace such reports are the workers', too.
 */
export function reportJobs({ client, namespace, bus, windows, now, log }: ReportJobsOptions): ReportJobs {
  const jobs = new Map<string, JobState>();

  const started = async (window: ReportWindow, report: ClusterReport | undefined): Promise<boolean> => {
    const { jobNodeSelector } = window.spec as GlobalReportSpec;
    if (jobNodeSelector === undefined || report === undefined) return false;
    const template = await findPodTemplate(client, namespace);
    if (template === undefined) {
      log.warn('There is no pod template tigera.io.report: a worker computes what a Job should have', {
        namespace,
        report: window.reportName,
      });
      return false;
    }
    const { apiVersion, name, uid } = report;
    const job = reportJob({
      template,
      namespace,
      report: { apiVersion, name, uid },
      window,
      jobNodeSelector,
    });
    jobs.set(window.id, await startJob(client, job));
    return true;
  };

  const failed = async ({ windowId, reason = 'the Job says no reason' }: JobState) => {
    const record = await windows.get(windowId);
    if (record === undefined || record.state === 'completed' || record.state === 'failed') return;
    const { cluster, id, reportName, reportType, start, end } = record.window;
    const attempts = Math.max(1, record.attempt);
    await publishAll(bus, reportsFailed, [
      { cluster, id, reportName, reportType, start, end, reason, attempts, failedAt: now() },
    ]);
  };

  return {
    of: (windowId) => jobs.get(windowId),
    isAtWork: (windowId) => isOpen(jobs.get(windowId)?.state),
    async start(due, reports) {
      const others: ReportWindow[] = [];
      for (const window of due) {
        try {
          if (!(await started(window, reports.get(window.reportName)))) others.push(window);
        } catch (error) {
          // It is tried again with the windows that were not begun.
          log.warn('A Job could not be made', { id: window.id, reason: reasonOf(error) });
        }
      }
      return others;
    },
    async follow(signal) {
      for await (const news of followJobs(client, namespace, { signal })) {
        for (const each of news) {
          remember(jobs, each);
          if (each.what === 'state' && each.state.state === 'failed') await failed(each.state);
        }
        for (const job of jobsToDelete([...jobs.values()])) {
          await deleteJob(client, job).catch((error: unknown) =>
            log.warn('An old Job could not be deleted', {
              job: job.job.name,
              reason: reasonOf(error),
            }),
          );
          jobs.delete(job.windowId);
        }
      }
    },
  };
}

function remember(jobs: Map<string, JobState>, news: JobNews): void {
  if (news.what === 'state') jobs.set(news.state.windowId, news.state);
  // One that somebody deleted before it ended is nobody's work any more.
  else
    for (const [windowId, { job, state }] of jobs)
      if (job.uid === news.uid && isOpen(state)) jobs.delete(windowId);
}

const isOpen = (state: JobState['state'] | undefined): boolean => state === 'waiting' || state === 'running';
