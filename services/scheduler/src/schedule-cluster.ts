import { setTimeout as sleep } from 'node:timers/promises';
import { parentState, reportWindows, type ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import {
  DEFAULT_GROUP,
  followGlobalReports,
  followReportTypes,
  isForbidden,
  Leadership,
  withType,
  type ClusterReport,
  type ClusterReportTypes,
  type KubernetesClient,
  type ReportRun,
  type ScheduleProblem,
  type StatusInput,
} from '@margay/kubernetes';
import { publishAll, type Bus } from '@margay/messaging';
import { reasonOf, together, type Log } from '@margay/runtime';
import type { History, WindowRecord, Windows } from '@margay/storage';
import { evidenceSpan } from './evidence-span.ts';
import { Followed, whyNotFollowed } from './followed.ts';
import { handingOn, type Hand } from './hand-on.ts';
import { keepKnown } from './keep-known.ts';
import type { Schedule, ScheduledReport } from './emit-windows.ts';
import { keepStatus, type KeepStatus } from './keep-status.ts';
import { keepTypes } from './keep-types.ts';
import {
  beginAll,
  countWords,
  isOverMany,
  parentRuns,
  type OverClusters,
  type ParentRuns,
  type ParentRunsOptions,
} from './parent-runs.ts';
import { reportJobs, type ReportJobs } from './report-jobs.ts';

export interface ClusterScheduleOptions extends Schedule {
  readonly client: KubernetesClient;
  /** The API group of GlobalReports. */
  readonly group?: string;
  readonly bus: Bus;
  readonly windows: Windows;
  readonly history: Pick<History, 'span'>;
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** How following the objects goes. */
  readonly followed?: Followed;
  readonly onEmitted?: (windows: readonly ReportWindow[]) => void;
  /** The clusters that GlobalReports may be about; they are refused to be about others than their own unless given. */
  readonly overClusters?: Pick<ParentRunsOptions, 'cell' | 'labels'>;
  /** Where reports that choose their nodes run as Jobs; as all others unless set. */
  readonly jobNamespace?: string;
  /** Between two looks at the schedules; 1 s unless set. */
  readonly lookMilliseconds?: number;
  /** What this installation is called: where another one leads in the cluster, it begins no reports. Nobody is looked for unless given. */
  readonly installation?: string;
  /** How long a leader that says nothing still leads; 60 s unless set. */
  readonly leaseSeconds?: number;
  /** Told whether this one leads, whenever it was looked for. */
  readonly onLed?: (isOurs: boolean) => void;
}

/** Looks at the schedules between two looks at the status of all reports. */
const LOOKS_A_STATUS = 5;
/** Of a report's newest windows, so many are enough for what its status shows. */
const RUNS = 50;
const COMPONENT = 'margay-scheduler';

/**
 * Runs the GlobalReports of a cluster: emits their windows and keeps their documented status. A report that cannot be
 * scheduled says why in a condition and an Event, and the others go on.
 *
 * Any number of schedulers may do this at once. Fulfilled when the signal is aborted; rejected when the stores or the
 * bus fail. While the API server is away, the reports are as they were last.
 */
export async function scheduleCluster(options: ClusterScheduleOptions): Promise<void> {
  const { client, group = DEFAULT_GROUP, followed = new Followed(options.log) } = options;
  let reports: ReadonlyMap<string, ClusterReport> | undefined;
  let types: ClusterReportTypes | undefined;
  const { jobNamespace: namespace } = options;
  const jobs = namespace === undefined ? undefined : reportJobs({ ...options, namespace });
  // Until it is known whether another one leads, nothing is begun.
  let leads = options.installation === undefined;
  await together(options.signal, (signal) => [
    ...(jobs === undefined ? [] : [jobs.follow(signal)]),
    (async () => {
      for await (const seen of followGlobalReports(client, { group, signal })) {
        followed.seen('GlobalReports', whyNotFollowed(seen.interruption?.error, group));
        if (seen.reports.size > 0 || !seen.interruption) ({ reports } = seen);
      }
    })(),
    (async () => {
      for await (const seen of followReportTypes(client, { group, signal })) {
        followed.seen('GlobalReportTypes', whyNotFollowed(seen.interruption?.error, group));
        if (seen.types.size > 0 || !seen.interruption || types === undefined) ({ types } = seen);
      }
    })(),
    keepLeading(
      options,
      followed,
      (isOurs) => {
        leads = isOurs;
        options.onLed?.(isOurs);
      },
      signal,
    ),
    (async () => {
      const keeping = { ...options, group, signal, component: COMPONENT, hasJobs: jobs !== undefined };
      const keptTypes = keepTypes({
        ...keeping,
        onMissing: (names, reason) => followed.missing(names, reason),
      });
      // Those of reports that choose their nodes become Jobs, whoever asked for them.
      const hand: Hand = async (due) =>
        publishAll(options.bus, reportWindows, (await jobs?.start(due, reports ?? new Map())) ?? due);
      const isAtWork = (id: string) => jobs?.isAtWork(id) === true;
      const finding: Finding = {
        hand,
        handOn: handingOn({ ...options, windows: [options.windows], hand, isAtWork }),
        ...(options.overClusters && { parents: parentRuns({ ...options, ...options.overClusters, hand }) }),
        keep: keepKnown(options.windows),
        span: evidenceSpan(options.history),
        keepStatus: keepStatus(keeping),
      };
      for (let look = 0; !signal.aborted;) {
        if (reports !== undefined && !leads) {
          // Runs that were asked for here, and those that got lost, whoever schedules.
          await finding.handOn(options.now());
        } else if (reports !== undefined && types !== undefined) {
          const all = look % LOOKS_A_STATUS === 0;
          // Types that were installed just now are there at the next look.
          if (!(await keptTypes(types))) {
            await lookAt(reports, types, all, options, jobs, finding);
            look++;
          }
        }
        await sleep(options.lookMilliseconds ?? 1_000, undefined, { signal }).catch(() => undefined);
      }
    })(),
  ]);
}

/** What a look at the schedules remembers of those before it. */
interface Finding {
  readonly hand: Hand;
  readonly handOn: (now: Instant) => Promise<void>;
  /** Runs over many clusters; absent where there are none. */
  readonly parents?: ParentRuns;
  readonly keep: ReturnType<typeof keepKnown>;
  readonly span: ReturnType<typeof evidenceSpan>;
  readonly keepStatus: KeepStatus;
}

/**
 * Looks several times a lease who leads. Where that cannot be found out, it is as it was last; of one that may not look, it is said, and it
 * goes on as if it were alone.
 */
async function keepLeading(
  { client, group = DEFAULT_GROUP, installation, leaseSeconds = 60, now, log }: ClusterScheduleOptions,
  followed: Followed,
  tell: (isOurs: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  if (installation === undefined) return;
  const leadership = new Leadership(client, { group, installation, leaseSeconds, now });
  let isTold = false;
  while (!signal.aborted) {
    try {
      const { isOurs, by } = await leadership.renew();
      followed.led(isOurs ? undefined : by);
      tell(isOurs);
      isTold = false;
    } catch (error) {
      if (isForbidden(error)) tell(true);
      if (!isTold && !signal.aborted) log.warn(WHO_LEADS, { reason: reasonOf(error) });
      isTold = true;
    }
    await sleep((leaseSeconds * 1_000) / 4, undefined, { signal }).catch(() => undefined);
  }
}

const WHO_LEADS = 'Whether another installation schedules the GlobalReports cannot be found out';

/** Emits what is due, and writes the status of the reports that it concerns, or of all. */
async function lookAt(
  byName: ReadonlyMap<string, ClusterReport>,
  types: ClusterReportTypes,
  all: boolean,
  options: ClusterScheduleOptions,
  jobs: ReportJobs | undefined,
  finding: Finding,
): Promise<void> {
  const reports = [...byName.values()];
  const { now } = options;
  const problems = new Map<string, ScheduleProblem>();
  const usable = reports.flatMap((each): ScheduledReport[] => {
    const read = withType(each, types);
    if ('report' in read && (finding.parents !== undefined || !isOverMany(read)))
      return [{ report: read.report, ...(each.createdAt !== undefined && { createdAt: each.createdAt }) }];
    problems.set(each.name, 'problem' in read ? read.problem : CLUSTERS_REFUSED);
    return [];
  });
  const emitted = await emit(usable, problems, options, finding);
  options.onEmitted?.(emitted);
  await finding.handOn(now());
  if (all) await finding.parents?.goOn(now());
  const concerned = new Set(emitted.map((window) => reportConcerned(window)));
  for (const each of reports.filter(({ name }) => all || concerned.has(name)))
    await tellStatus(each, problems.get(each.name), options, jobs, finding);
}

/** The GlobalReport that a window is of: of a child run that of its parent run. */
const reportConcerned = ({ reportName }: ReportWindow): string =>
  reportName.slice(reportName.indexOf(':') + 1);

/** Why reports over many clusters are not begun where nobody said that they may be. */
const CLUSTERS_REFUSED: ScheduleProblem = {
  reason: 'ClustersRefused',
  message:
    'spec.clusters is refused: this installation runs reports of its own cluster alone. Take it out of the report; or, in the distributed profile and in the release of the one cluster that leads, set globalReports.overClusters (REPORTS_OVER_CLUSTERS).',
};

/** Emits what is due. What keeps a report from it is added to the problems. */
async function emit(
  usable: readonly ScheduledReport[],
  problems: Map<string, ScheduleProblem>,
  options: ClusterScheduleOptions,
  { hand, keep, span, parents }: Finding,
): Promise<readonly ReportWindow[]> {
  const { bus, windows, now } = options;
  const evidence = options.since === undefined ? undefined : await span(now());
  const schedule = { ...options, hand, ...(evidence && { evidence }) };
  const begun = await beginAll({ bus, windows, parents }, usable, schedule, now());
  for (const [name, problem] of begun.problems) problems.set(name, problem);
  await keep(begun.known);
  return begun.emitted;
}

async function tellStatus(
  report: ClusterReport,
  problem: ScheduleProblem | undefined,
  { windows, log, signal, now }: ClusterScheduleOptions,
  jobs: ReportJobs | undefined,
  { keepStatus: keep, parents }: Finding,
): Promise<void> {
  const { name } = report;
  const runs = (await windows.list({ reportName: name, limit: RUNS })).map((record) => runOf(record, jobs));
  const isOverMany = report.report?.spec.clusters !== undefined;
  const over = isOverMany ? await parents?.of(report.report!, now()) : undefined;
  await keep(report, runs, problem, over && clustersOf(over)).catch((error: unknown) => {
    if (!signal.aborted)
      log.warn('The status of a GlobalReport could not be written', {
        report: name,
        reason: reasonOf(error),
      });
  });
}

/** What the status says of clusters. */
const clustersOf = ({ chosen, newest }: OverClusters): StatusInput['clusters'] => ({
  chosen,
  ...(newest && {
    newest: { ...newest, state: parentState(newest.counts), words: countWords(newest.counts) },
  }),
});

const STATES: Readonly<Record<WindowRecord['state'], ReportRun['state']>> = {
  emitted: 'waiting',
  running: 'running',
  failed: 'failed',
  completed: 'succeeded',
};

const runOf = (
  { window, state, reason, changedAt }: WindowRecord,
  jobs: ReportJobs | undefined,
): ReportRun => ({
  ...(jobs?.of(window.id) && { job: jobs.of(window.id)!.job }),
  start: window.start,
  end: window.end,
  state: STATES[state],
  manual: window.manual,
  ...((state === 'failed' || state === 'completed') && { completedAt: changedAt }),
  ...(reason !== undefined && { reason }),
});
