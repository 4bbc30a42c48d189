import { randomUUID } from 'node:crypto';
import {
  childCounts,
  childWindows,
  parentRunsSettled,
  parentState,
  reportWindowOf,
  type ChildCounts,
  type ChildRun,
  type ParentWindow,
  type ReportWindow,
} from '@margay/contracts';
import { at, compareTexts, MINUTE, type Instant, type Window } from '@margay/ground';
import type { ScheduleProblem } from '@margay/kubernetes';
import { publishAll, type Bus } from '@margay/messaging';
import { parseSelector } from '@margay/policy';
import type { GlobalReport } from '@margay/reports';
import { atOnce, type Log } from '@margay/runtime';
import {
  allWindows,
  childRunsOf,
  isParentRecord,
  type Cell,
  type ParentRecord,
  type Windows,
} from '@margay/storage';
import { NAME_LABEL, type ClusterLabels } from './cluster-labels.ts';
import {
  emitDueWindows,
  knownReport,
  type EmittedWindows,
  type Schedule,
  type ScheduledReport,
} from './emit-windows.ts';
import { handingOn, type Hand } from './hand-on.ts';

/** Of these clusters those that a selector chooses by their labels, by name. @throws SelectorError where it is none. */
export function chosenClusters(
  selector: string,
  clusters: readonly string[],
  labels: ClusterLabels,
): readonly string[] {
  const parsed = parseSelector(selector);
  return clusters
    .filter((name) => parsed.matchesRecord({ ...labels.get(name), [NAME_LABEL]: name }))
    .sort(compareTexts);
}

export interface ParentRunsOptions {
  /** All clusters that may be chosen, with their stores. */
  readonly cell: Pick<Cell, 'clusters' | 'of'>;
  readonly labels: ClusterLabels;
  /** The one whose GlobalReports these are: parent runs are kept with its windows. */
  readonly cluster: string;
  readonly bus: Bus;
  /** Has windows computed; those of child runs by the workers, wherever else others are. */
  readonly hand: Hand;
  readonly log: Log;
}

/** A run over many clusters, and how far it has come. */
export interface ParentProgress extends Window {
  readonly counts: ChildCounts;
}

/** What is known of a GlobalReport over many clusters. */
export interface OverClusters {
  /** How many clusters it chooses by now. */
  readonly chosen: number;
  /** Its newest run; absent before the first. */
  readonly newest?: ParentProgress;
}

/** What came of a look at GlobalReports. */
export interface Begun extends EmittedWindows {
  /** By name, why nothing can be begun of one. */
  readonly problems: ReadonlyMap<string, ScheduleProblem>;
}

/** The runs of GlobalReports over many clusters. */
export interface ParentRuns {
  /** Begins those that are due: what is chosen is kept before anything of it is handed out. `emitted` are windows of child runs. */
  begin(reports: readonly ScheduledReport[], schedule: Schedule, now: Instant): Promise<Begun>;
  /** Goes on with all that are under way, whoever began them; and hands on what got lost of child runs, and revisions of them that people asked for. */
  goOn(now: Instant): Promise<void>;
  /** What is known of a report. */
  of(report: GlobalReport, now: Instant): Promise<OverClusters>;
}

/** Why nothing is begun where a selector chooses nothing. */
const NO_CLUSTERS: ScheduleProblem = {
  reason: 'NoClusters',
  message:
    'spec.clusters.selector chooses no cluster by the labels that they have in configuration (CLUSTER_LABELS, the chart’s clusterLabels). What is missed is made up for when it chooses one.',
};

/** Among so many runs of a report one of its schedule is looked for. */
const LAST = 50;
/** Of those that failed the newest are looked at again: a child run that comes after all still counts. */
const FAILED = { parents: true, states: ['failed'], limit: 10 } as const;

/**
 * Any number of schedulers may do this at once: which clusters were chosen is what was kept first, and the ids of child runs follow from it. One that
 * dies in between leaves a parent run of which whoever comes next makes the rest.
 */
export function parentRuns(options: ParentRunsOptions): ParentRuns {
  const { cell, labels, cluster } = options;
  const { windows } = cell.of(cluster);
  /** Child runs that were archived, by parent run: these do not change for the schedule. */
  const archived = new Map<string, Map<string, ChildRun>>();
  const newest = new Map<string, ParentProgress>();
  const handOnAll = handOnChildren(options);
  let failedLookedAt = -Infinity;

  const look = async (record: ParentRecord, now: Instant): Promise<ChildCounts> => {
    const { id, reportName, start, end, manual } = record.window;
    const known = archived.get(id) ?? new Map<string, ChildRun>();
    archived.set(id, known);
    const counts = childCounts(await childRunsOf(cell, record, now, known));
    // What people ask for counts neither for the schedule nor in the status.
    if (!manual && (newest.get(reportName)?.end ?? -Infinity) <= end)
      newest.set(reportName, { start, end, counts });
    return counts;
  };

  return {
    begin: (reports, schedule, now) => beginDue(options, reports, schedule, now),

    async goOn(now) {
      await emitChildren(options, now);
      await handOnAll(now);
      const underWay = await allWindows(windows, { parents: true, states: ['emitted', 'running'] });
      const isTime = now < failedLookedAt || now - failedLookedAt >= MINUTE;
      if (isTime) failedLookedAt = now;
      const failed = isTime ? await windows.list(FAILED) : [];
      const all = [...underWay, ...failed].filter(isParentRecord);
      const ids = new Set(all.map(({ window: { id } }) => id));
      for (const id of archived.keys()) if (!ids.has(id)) archived.delete(id);
      for (const record of all) await settle(options, record, await look(record, now), now);
    },

    async of({ name, spec }, now) {
      const chosen = chosenClusters(spec.clusters?.selector ?? '', cell.clusters, labels).length;
      const known = newest.get(name);
      if (known !== undefined) return { chosen, newest: known };
      const last = await windows.list({ reportName: name, parents: true, limit: LAST });
      const record = last.filter(isParentRecord).find(({ window }) => !window.manual);
      if (record === undefined) return { chosen };
      await look(record, now);
      return { chosen, newest: newest.get(name)! };
    },
  };
}

/** Whether it is about clusters that it chooses, and not about its own alone. */
export const isOverMany = ({ report }: Pick<ScheduledReport, 'report'>): boolean =>
  report.spec.clusters !== undefined;

/**
 * Emits what is due of all reports: of those over many clusters the windows of their child runs, and nothing of these where there are no
 * parent runs.
 */
export async function beginAll(
  { bus, windows, parents }: { bus: Bus; windows: Windows; parents: ParentRuns | undefined },
  reports: readonly ScheduledReport[],
  schedule: Schedule,
  now: Instant,
): Promise<Begun> {
  const own = reports.filter((each) => !isOverMany(each));
  const { emitted, known } = await emitDueWindows(bus, windows, own, schedule, now);
  const begun = await parents?.begin(reports.filter(isOverMany), schedule, now);
  return {
    emitted: [...emitted, ...(begun?.emitted ?? [])],
    known: [...known, ...(begun?.known ?? [])],
    problems: begun?.problems ?? new Map(),
  };
}

/** Begins the parent runs that are due. Nothing is computed of them: what is handed out are their child runs. */
async function beginDue(
  options: ParentRunsOptions,
  reports: readonly ScheduledReport[],
  schedule: Schedule,
  now: Instant,
): Promise<Begun> {
  const { cell, labels, cluster, bus } = options;
  const chosenBy = new Map(
    reports.map(({ report: { name, spec } }) => [
      name,
      chosenClusters(spec.clusters?.selector ?? '', cell.clusters, labels),
    ]),
  );
  const isIdle = ({ report: { name } }: ScheduledReport) => chosenBy.get(name)!.length === 0;
  const windowOf = (report: GlobalReport, window: Window): ParentWindow => ({
    ...reportWindowOf(cluster, report, window),
    clusters: chosenBy.get(report.name)!,
    nonce: randomUUID(),
  });
  const due = reports.filter((each) => !isIdle(each));
  const idle = reports.filter(isIdle).map(({ report }) => report);
  const quietly = { ...schedule, windowOf, hand: async () => {} };
  const { known } = await emitDueWindows(bus, cell.of(cluster).windows, due, quietly, now);
  return {
    emitted: due.length > 0 ? await emitChildren(options, now) : [],
    known: [...known, ...idle.map((report) => knownReport(report))].map((report) => ({
      ...report,
      clusters: chosenBy.get(report.name)!,
    })),
    problems: new Map(idle.map(({ name }) => [name, NO_CLUSTERS])),
  };
}

/**
 * Keeps, and hands out, the windows of child runs that are not there yet, of every parent run that was kept; and those that failed, of one
 * that is asked for once more.
 */
async function emitChildren(
  { cell, cluster, hand }: ParentRunsOptions,
  now: Instant,
): Promise<ReportWindow[]> {
  const { windows } = cell.of(cluster);
  const kept = await allWindows(windows, { parents: true, states: ['emitted'] });
  const children = kept.filter(isParentRecord).flatMap(({ window }) => childWindows(window));
  const here = children.filter((child) => cell.clusters.includes(child.cluster));
  const fresh = await atOnce(here, async (child) => {
    const { windows: own } = cell.of(child.cluster);
    const isNew = (await own.emit([child], now)).length > 0;
    if (!isNew && (await own.get(child.id))?.state !== 'failed') return [];
    await own.again(child.id, now);
    return [child];
  });
  const emitted = fresh.flat();
  if (emitted.length > 0) await hand(emitted);
  for (const { window } of kept) await windows.begin(window.id, 1, now);
  return emitted;
}

/**
 * Notes of a parent run what follows from its child runs, for the schedule and the status. It is told before it is noted: one that dies in
 * between is followed by one that tells it again.
 */
async function settle(
  { bus, cell, cluster }: ParentRunsOptions,
  { window, state: noted }: ParentRecord,
  all: ChildCounts,
  now: Instant,
): Promise<void> {
  const state = parentState(all);
  if (state === 'running' || state === noted) return;
  const { notYet: _, ...counts } = all;
  const { id, reportName, reportType, start, end } = window;
  await publishAll(bus, parentRunsSettled, [
    { cluster, id, reportName, reportType, start, end, state, ...counts, settledAt: now },
  ]);
  const { windows } = cell.of(cluster);
  if (state === 'failed') await windows.fail(id, countWords(all), 1, now);
  else await windows.complete(id, now);
}

/** How many child runs are so, in words. Names no cluster: whoever may read the GlobalReport may not know them all. */
export function countWords({ clusters, complete, withGaps, failed, missing, notYet }: ChildCounts): string {
  const parts = [
    [complete, 'complete'],
    [withGaps, 'with gaps'],
    [failed, 'failed'],
    [missing, 'missing'],
    [notYet, 'not yet archived'],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, is]) => `${count} ${is}`);
  return `Of ${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}: ${words.join(', ')}`;
}

/** Hands on child runs in the other clusters of the cell, which may have no scheduler of their own. */
function handOnChildren({
  cell,
  cluster,
  bus,
  hand,
  log,
}: ParentRunsOptions): (now: Instant) => Promise<void> {
  const isOurs = ({ spec }: ReportWindow) => at(spec, 'partOf', 'cluster') === cluster;
  const others = cell.clusters.filter((name) => name !== cluster);
  // All at once: how far the workers have come on the topic is asked once, and not for each cluster.
  const windows = others.map((name) => cell.of(name).windows);
  return handingOn({ bus, windows, log, hand, isOurs });
}
