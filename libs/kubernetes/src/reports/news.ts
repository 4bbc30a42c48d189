import type { GlobalReportStatus, ReportJobStatus } from './status.ts';

/** Something that happened to a report, as an Event says it. */
export interface News {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'Scheduled' | 'Completed' | 'Failed' | 'Suspended' | 'Resumed' | 'NoJobs' | 'WithGaps';
  readonly message: string;
}

/**
 * What a status tells that the one before did not: a report that was begun or came to an end, a schedule that stands still or goes on. Of
 * several that were begun or ended at once the newest is told. Nothing where they say the same.
 */
export function newsOf(before: GlobalReportStatus | undefined, after: GlobalReportStatus): News[] {
  const span = ({ start, end }: ReportJobStatus) => `The report from ${start} to ${end}`;
  const isNewer = (now: ReportJobStatus, known: ReportJobStatus | undefined) =>
    known === undefined || Date.parse(now.end) > Date.parse(known.end);
  const begun = after.lastScheduledReportJob;
  const succeeded = after.lastSuccessfulReportJobs?.[0];
  const failed = after.lastFailedReportJobs?.[0];
  const why = after.conditions?.find(({ type }) => type === 'LastReportSucceeded');
  const stood = before !== undefined && isSuspended(before);
  const stands = isSuspended(after);
  const ignored = ignoredIn(after);
  const gaps = gapsIn(after);
  const news: (News | false | undefined)[] = [
    begun &&
      isNewer(begun, before?.lastScheduledReportJob) && {
        type: 'Normal',
        reason: 'Scheduled',
        message: `${span(begun)} is begun.`,
      },
    succeeded &&
      isNewer(succeeded, before?.lastSuccessfulReportJobs?.[0]) && {
        type: 'Normal',
        reason: 'Completed',
        message: `${span(succeeded)} is archived.`,
      },
    failed &&
      isNewer(failed, before?.lastFailedReportJobs?.[0]) && {
        type: 'Warning',
        reason: 'Failed',
        message: why?.status === 'False' ? why.message : `${span(failed)} failed.`,
      },
    stands !== stood && {
      type: 'Normal',
      reason: stands ? 'Suspended' : 'Resumed',
      message: stands ? 'Nothing new is begun.' : 'What was missed is made up for.',
    },
    gaps !== undefined && gaps !== gapsIn(before) && { type: 'Warning', reason: 'WithGaps', message: gaps },
    ignored !== undefined &&
      ignoredIn(before) === undefined && { type: 'Warning', reason: 'NoJobs', message: ignored },
  ];
  return news.filter((one) => one !== false && one !== undefined);
}

const isSuspended = ({ conditions }: GlobalReportStatus): boolean =>
  conditions?.some(({ type, reason }) => type === 'Schedulable' && reason === 'Suspended') ?? false;

/** Why the nodes that a report chooses do not count; undefined where they do. */
const ignoredIn = (status: GlobalReportStatus | undefined): string | undefined =>
  status?.conditions?.find(({ type, status: is }) => type === 'OnChosenNodes' && is === 'False')?.message;

/** Of which evidence of a run over many clusters has gaps; undefined where of none. */
const gapsIn = (status: GlobalReportStatus | undefined): string | undefined =>
  status?.conditions?.find(({ type, reason }) => type === 'ClustersReported' && reason === 'WithGaps')
    ?.message;
