import { randomUUID } from 'node:crypto';
import {
  childCounts,
  childWindows,
  parentRunsSettled,
  parentState,
  reportWindowOf,
  type ChildCounts,
  type ChildRun,
  type ParentState,
  type ParentWindow,
  type ReportWindow,
} from '@margay/contracts';
import { at, compareTexts, MINUTE, type Instant, type Window } from '@margay/ground';
import type { ScheduleProblem } from '@margay/kubernetes';
import { peekAll, publishAll, type Bus } from '@margay/messaging';
import { parseSelector } from '@margay/policy';
import type { GlobalReport } from '@margay/reports';
import { atOnce, type Log } from '@margay/runtime';
import {
  allWindows,
  childRunsOf,
  isParentRecord,
  type Cell,
  type ParentRecord,
  type WindowPlace,
  type WindowState,
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

/**
 * Any number of schedulers may do this at once: which clusters were chosen is what was kept first, and the ids of child runs follow from it. One that
 * dies in between leaves a parent run of which whoever comes next makes the rest; and that of a cluster that is away then, when it is back.
 */
export function parentRuns(options: ParentRunsOptions): ParentRuns {
  const { cell, labels, cluster } = options;
  const { windows } = cell.of(cluster);
  /** Of each parent run that is under way the child runs that were archived, and the ids of those that are there. */
  const archived = new Map<string, Map<string, ChildRun>>();
  const made = new Map<string, ReadonlySet<string>>();
  const newest = new Map<string, ParentProgress>();
  const handOnAll = handOnChildren(options);
  const make = makingChildren(options, made);
  const nextSettled = settledRuns(windows);
  const settle = settling(options);
  let settledLookedAt = -Infinity;

  const look = async (
    record: ParentRecord,
    now: Instant,
    known?: Map<string, ChildRun>,
  ): Promise<ChildCounts> => {
    const { reportName, start, end, manual } = record.window;
    const counts = childCounts(await childRunsOf(cell, record, now, known));
    // What people ask for counts neither for the schedule nor in the status.
    if (!manual && (newest.get(reportName)?.end ?? -Infinity) <= end)
      newest.set(reportName, { start, end, counts });
    return counts;
  };
  /** Child runs that were archived are not looked at again before the last one is there: then all are, since some may have been revised. */
  const lookAtUnderWay = async (record: ParentRecord, now: Instant): Promise<ChildCounts> => {
    const { id } = record.window;
    const known = archived.get(id) ?? new Map<string, ChildRun>();
    archived.set(id, known);
    const counts = await look(record, now, known);
    return parentState(counts) === 'running' ? counts : look(record, now);
  };

  return {
    begin: (reports, schedule, now) => beginDue(options, make, reports, schedule, now),

    async goOn(now) {
      const underWay = await parentsIn(windows, UNDER_WAY);
      const isTime = now < settledLookedAt || now - settledLookedAt >= MINUTE;
      if (isTime) settledLookedAt = now;
      const settled = isTime ? await nextSettled() : [];
      await make([...underWay, ...settled], now);
      await handOnAll(now);
      const ids = new Set(underWay.map(({ window: { id } }) => id));
      for (const known of [archived, made]) for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
      for (const record of underWay) await settle(record, await lookAtUnderWay(record, now), now);
      for (const record of settled) await settle(record, await look(record, now), now);
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
  make: MakeChildren,
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
  const { windows } = cell.of(cluster);
  const { known } = await emitDueWindows(bus, windows, due, quietly, now);
  return {
    emitted: due.length > 0 ? await make(await parentsIn(windows, ['emitted']), now) : [],
    known: [...known, ...idle.map((report) => knownReport(report))].map((report) => ({
      ...report,
      clusters: chosenBy.get(report.name)!,
    })),
    problems: new Map(idle.map(({ name }) => [name, NO_CLUSTERS])),
  };
}

/** All parent runs in these states. */
const parentsIn = async (
  windows: Pick<Windows, 'list'>,
  states: readonly WindowState[],
): Promise<ParentRecord[]> => (await allWindows(windows, { parents: true, states })).filter(isParentRecord);

const UNDER_WAY = ['emitted', 'running'] as const;
const SETTLED = { parents: true, states: ['failed', 'completed'] } as const;
/** At once so many of those that are settled are looked at again, ... */
const AGAIN = 10;
/** ... and about so many of their child runs. */
const CHILDREN_AGAIN = 500;

/**
 * Runs of which nothing was under way any more: each time the newest ones, and some of the others in turns. What they came to changes when a child run
 * is revised, comes after all or is removed, or a cluster comes or goes.
 */
function settledRuns(windows: Pick<Windows, 'list'>): () => Promise<ParentRecord[]> {
  let after: WindowPlace | undefined;
  const some = async (behind: WindowPlace | undefined): Promise<ParentRecord[]> => {
    const found = await windows.list({ ...SETTLED, limit: AGAIN, ...(behind && { after: behind }) });
    let children = 0;
    return found
      .filter(isParentRecord)
      .filter(({ window }, i) => (children += window.clusters.length) <= CHILDREN_AGAIN || i === 0);
  };
  return async () => {
    const newest = await some(undefined);
    const last = newest.at(-1)?.window;
    if (last === undefined) return [];
    const others = await some(after ?? last);
    after = others.at(-1)?.window;
    return [...new Map([...newest, ...others].map((record) => [record.window.id, record])).values()];
  };
}

type MakeChildren = (records: readonly ParentRecord[], now: Instant) => Promise<ReportWindow[]>;

/**
 * Keeps, and hands out, the windows of child runs that are not there yet, of parent runs that were kept: also where their cluster was away when the
 * others were made. And those that failed, of one that is asked for once more.
 *
 * @param made by parent run the ids of those that are there, which are not asked for again; new ones are added.
 */
function makingChildren(
  { cell, cluster, hand }: ParentRunsOptions,
  made: Map<string, ReadonlySet<string>>,
): MakeChildren {
  const { windows } = cell.of(cluster);
  const make = async (child: ReportWindow, isAnew: boolean, now: Instant): Promise<ReportWindow[]> => {
    const { windows: own } = cell.of(child.cluster);
    if ((await own.emit([child], now)).length > 0) return [child];
    if (!isAnew || (await own.get(child.id))?.state !== 'failed') return [];
    await own.again(child.id, now);
    return [child];
  };
  return async (records, now) => {
    const here = records
      // Of one that is completed all have been there.
      .filter(({ state }) => state !== 'completed')
      .flatMap(({ window, state }) => childWindows(window).map((child) => ({ child, window, state })))
      .filter(({ child }) => cell.clusters.includes(child.cluster));
    const fresh = await atOnce(
      here.filter(({ child, window, state }) => state === 'emitted' || !made.get(window.id)?.has(child.id)),
      ({ child, state }) => make(child, state === 'emitted', now),
    );
    const all = fresh.flat();
    if (all.length > 0) await hand(all);
    for (const [id, some] of Map.groupBy(here, ({ window }) => window.id))
      made.set(id, new Set(some.map(({ child }) => child.id)));
    for (const { window, state } of records) if (state === 'emitted') await windows.begin(window.id, 1, now);
    return all;
  };
}

/**
 * Notes of a parent run what follows from its child runs, for the schedule and the status. It is told before it is noted: one that dies in
 * between is followed by one that tells it again. And it is told each time that it changes afterwards.
 */
function settling({ bus, cell, cluster }: ParentRunsOptions) {
  const { windows } = cell.of(cluster);
  let told: Promise<Map<string, ParentState>> | undefined;
  /** What is not on the topic any more is taken to be as it was noted. */
  const wasTold = async ({ window: { id }, state: noted }: ParentRecord, state: ParentState) => {
    const known = await (told ??= lastTold(bus, cluster));
    if (noted === 'emitted' || noted === 'running') return false;
    if (!known.has(id) && (noted === 'failed') === (state === 'failed')) known.set(id, state);
    return known.get(id) === state;
  };
  return async (record: ParentRecord, all: ChildCounts, now: Instant): Promise<void> => {
    const state = parentState(all);
    if (state === 'running' || (await wasTold(record, state))) return;
    const { notYet: _, ...counts } = all;
    const { id, reportName, reportType, start, end } = record.window;
    await publishAll(bus, parentRunsSettled, [
      { cluster, id, reportName, reportType, start, end, state, ...counts, settledAt: now },
    ]);
    (await told)?.set(id, state);
    if (state === 'failed') await windows.fail(id, countWords(all), 1, now);
    else await windows.complete(id, now);
  };
}

/** What was told last of each parent run of a cluster, as far as it is kept. */
async function lastTold(bus: Bus, cluster: string): Promise<Map<string, ParentState>> {
  const told = new Map<string, ParentState>();
  for await (const { id, state, cluster: of } of peekAll(bus, parentRunsSettled))
    if (of === cluster) told.set(id, state);
  return told;
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
