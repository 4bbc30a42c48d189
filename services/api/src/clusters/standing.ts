import type { Clusters, Late, Run } from '@margay/api-contract';
import { worstOf } from '@margay/coverage';
import { formatInstant, parseInstant, type Instant } from '@margay/ground';
import type { ReportHeader } from '@margay/reports';
import {
  ArchiveDamaged,
  clusterUidOf,
  damageByLog,
  headerDamage,
  lastLogged,
  type ArchivedHeader,
  type Cell,
  type LoggedEntry,
  type Stores,
} from '@margay/storage';
import { lateOf } from '../runs/late.ts';
import { removedRuns } from '../runs/removed-runs.ts';
import { completenessOf, contentOf } from '../runs/runs.ts';

/** The uid of a cluster as settings have it. */
export type UidGiven = (cluster: string) => string | undefined;

/** Headers of one cluster, one of each report name. */
export type Known = readonly ArchivedHeader[];

type TwoClusters = NonNullable<Clusters['items'][number]['told']>['twoClusters'];
type Told = Omit<NonNullable<Clusters['items'][number]['told']>, 'feed' | 'sameAs'>;

/** What was found out of a report name. */
interface Looked {
  /** The header that had been archived last then. */
  readonly newest: string;
  /** The reports over the last window. */
  readonly last: Known;
  /** What is wrong with one of them. */
  readonly damage: string | undefined;
}

/**
 * How clusters are, by their newest headers. What was found out once of a report name is remembered until another of its reports is archived,
 * and the uid of a cluster for good: neither changes.
 */
export class Standing {
  readonly #cell: Pick<Cell, 'of'>;
  readonly #uidGiven: UidGiven;
  readonly #uids = new Map<string, string>();
  /** By cluster. */
  readonly #two = new Map<string, { readonly at: number; readonly found: TwoClusters }>();
  /** By cluster and report name. */
  readonly #looked = new Map<string, Looked>();
  /** By cluster. A hub is told nothing of what comes later. */
  readonly #late = new Map<string, ReturnType<typeof lateOf>>();
  /** By cluster. */
  readonly #removed = new Map<string, { readonly at: number; readonly runs: readonly Run[] }>();

  constructor(cell: Pick<Cell, 'of'>, uidGiven: UidGiven = () => undefined) {
    this.#cell = cell;
    this.#uidGiven = uidGiven;
  }

  /** Reports over last windows that the log of reports has, and the archive has no more. */
  async removed(cluster: string): Promise<readonly Run[]> {
    const known = this.#removed.get(cluster);
    const at = performance.now();
    if (known !== undefined && at - known.at < REMOVED_MILLISECONDS) return known.runs;
    const runs = await removedLast(this.#cell.of(cluster));
    this.#removed.set(cluster, { at, runs });
    return runs;
  }

  /**
   * @param newest of each report that may be seen the one that was archived last.
   * @param removed those of `removed` that may be seen.
   */
  async of(cluster: string, newest: Known, removed: readonly Run[]): Promise<Told> {
    const stores = this.#cell.of(cluster);
    const looked = await Promise.all(newest.map((header) => this.#look(cluster, stores, header)));
    const damage =
      looked.find((each) => each.damage !== undefined)?.damage ?? removed[0]?.archiveProblem ?? null;
    const uid = await this.uidOf(cluster);
    const twoClusters = await this.#twoClustersOf(cluster, stores);
    if (damage !== null) return { ...NOTHING, uid, twoClusters, words: damage, grade: 'not known' };
    const headers = looked.flatMap(({ last }) => last);
    const standing = standingOf(headers, await this.#lateOf(cluster, stores, headers));
    return { ...standing, ...(twoClusters !== null && { complete: false }), uid, twoClusters };
  }

  async #twoClustersOf(cluster: string, { history }: Stores): Promise<TwoClusters> {
    const known = this.#two.get(cluster);
    const at = performance.now();
    if (known !== undefined && at - known.at < TWO_MILLISECONDS) return known.found;
    const { doubt } = await history.numbers.copies();
    const found = doubt === undefined ? null : { since: formatInstant(doubt.since), words: doubt.message };
    this.#two.set(cluster, { at, found });
    return found;
  }

  async #lateOf(cluster: string, stores: Stores, headers: Known): Promise<ReadonlyMap<string, Late>> {
    if (stores.mirror !== undefined) return new Map();
    const late = this.#late.get(cluster) ?? lateOf(stores);
    this.#late.set(cluster, late);
    return late(lastOver(headers).map(({ id }) => ({ id, state: 'completed', supersededBy: null })));
  }

  /** As its evidence tells it; in a hub, where there is none, as the entries of its log do, which its key signed. */
  async uidOf(cluster: string): Promise<string | null> {
    const stores = this.#cell.of(cluster);
    const { mirror } = stores;
    const uid =
      this.#uids.get(cluster) ?? (await (mirror === undefined ? clusterUidOf(stores) : mirror.uid()));
    if (uid !== undefined) this.#uids.set(cluster, uid);
    return uid ?? this.#uidGiven(cluster) ?? null;
  }

  async #look(cluster: string, stores: Stores, header: ArchivedHeader): Promise<Looked> {
    const place = `${cluster}/${header.reportName}`;
    const newest = `${header.id} ${header.headerDigest}`;
    const known = this.#looked.get(place);
    if (known?.newest === newest) return known;
    const last = await lastOf(stores, header);
    const looked = { newest, last, damage: await damageIn(stores, [header, ...last]) };
    this.#looked.set(place, looked);
    return looked;
  }
}

/** What is wrong with one of these headers. What is wrong with a log by itself is told elsewhere. */
async function damageIn({ ledger }: Stores, headers: Known): Promise<string | undefined> {
  const damaged = headers.map((header) => headerDamage(header)).find((each) => each !== undefined);
  if (damaged !== undefined) return damaged;
  // The log is asked once about each: the newest one is mostly among the last, too.
  const once = new Map(headers.map((header) => [`${header.id} ${header.headerDigest}`, header]));
  const wrong = await Promise.all([...once.values()].map((header) => damageByLog(ledger, header)));
  return wrong.find((each) => each !== undefined);
}

/** So long it stands that the evidence of a cluster is of one. */
const TWO_MILLISECONDS = 60_000;
/** So long a look at what was removed stands. */
const REMOVED_MILLISECONDS = 60_000;

async function removedLast({ archive, ledger, windows }: Stores): Promise<readonly Run[]> {
  const last = new Map<string, LoggedEntry[]>();
  for (const entry of await lastLogged(ledger)) {
    const known = last.get(entry.report) ?? [];
    const end = parseInstant(known[0]?.end ?? '') ?? -Infinity;
    const its = parseInstant(entry.end) ?? -Infinity;
    if (its >= end) last.set(entry.report, its === end ? [...known, entry] : [entry]);
  }
  const absent = new Map<string, LoggedEntry>();
  for (const entry of [...last.values()].flat())
    if (!(await isIn(archive, entry.run))) absent.set(entry.run, entry);
  return removedRuns(absent, () => false, { windows });
}

/** What is damaged is there. */
async function isIn(archive: Stores['archive'], run: string): Promise<boolean> {
  try {
    return (await archive.header(run)) !== undefined;
  } catch (error) {
    if (error instanceof ArchiveDamaged) return true;
    throw error;
  }
}

/**
 * The reports of a name over its last window, and over others that end then. What was archived last may be over an older one, or over a part
 * of the last: somebody asked for it, or it is a revision.
 */
async function lastOf({ archive }: Stores, newest: ArchivedHeader): Promise<Known> {
  // A store may take a moment until it lists what it took.
  const listed = await lastListed(archive, newest.reportName);
  const known = listed.some(({ id }) => id === newest.id) ? listed : [newest, ...listed];
  const end = Math.max(...known.map((header) => header.end));
  const superseded = new Set(known.map(({ supersedes }) => supersedes));
  return known.filter((header) => header.end === end && !superseded.has(header.id));
}

/** More than reports of one name that end at the same instant mostly are. */
const PAGE = 4;

/** The reports of a name that end last, and perhaps some before. */
async function lastListed(archive: Stores['archive'], reportName: string): Promise<ArchivedHeader[]> {
  const listed: ArchivedHeader[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await archive.headers({ reportName, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    listed.push(...page.headers);
    cursor = page.next;
    if (cursor === undefined || listed.at(-1)!.end < listed[0]!.end) return listed;
  }
}

const NOTHING: Omit<Told, 'uid' | 'twoClusters'> = {
  lastSeen: null,
  grade: null,
  complete: false,
  words: 'no report yet',
  silent: [],
  lastReport: null,
  late: null,
};

/** Those whose windows end last. */
function lastOver(headers: Known): Known {
  const end = Math.max(...headers.map((header) => header.end));
  return headers.filter((header) => header.end === end);
}

/** By the report whose window ends last; of several the worst. */
function standingOf(headers: Known, late: ReadonlyMap<string, Late>): Omit<Told, 'uid' | 'twoClusters'> {
  const last = lastOver(headers);
  const grades = last.map((header) => completenessOf(contentOf(header)).grade);
  const worst = last[grades.indexOf(worstOf(grades))];
  if (worst === undefined) return NOTHING;
  const { end } = worst;
  const opened = last.find(({ id }) => (late.get(id)?.opened.length ?? 0) > 0) ?? worst;
  const { grade, complete, words } = completenessOf(contentOf(worst));
  const seen = headers.flatMap((header) =>
    delivered(contentOf(header)).map(({ last: at }) => at ?? -Infinity),
  );
  const lastSeen = Math.max(...seen);
  return {
    lastSeen: Number.isFinite(lastSeen) ? formatInstant(lastSeen) : null,
    grade,
    complete,
    words,
    silent: delivered(contentOf(worst)).flatMap(({ source, gaps }) =>
      gaps.some((to) => to >= end) ? [source] : [],
    ),
    lastReport: {
      id: worst.id,
      report: worst.reportName,
      reportType: worst.reportType,
      window: { start: formatInstant(worst.start), end: formatInstant(worst.end) },
      generated: formatInstant(worst.generatedAt),
    },
    late: late.get(opened.id) ?? null,
  };
}

/** A source of a report: when it told something last, and the ends of its gaps. */
interface Delivered {
  readonly source: string;
  readonly last: Instant | undefined;
  readonly gaps: readonly Instant[];
}

/** Reports of older releases say less of their sources, or nothing. */
function delivered({ evidence }: ReportHeader): Delivered[] {
  const { sources = [], flows } = evidence.sources ?? {};
  const of = (source: string, last: string | undefined, gaps: readonly { readonly to: string }[] = []) => ({
    source,
    last: parseInstant(last),
    gaps: gaps.flatMap(({ to }) => parseInstant(to) ?? []),
  });
  return [
    ...sources.map(({ source, lastEvent, gaps }) => of(source, lastEvent, gaps)),
    ...(flows?.sources ?? []).map(({ source, lastFlow, gaps }) => of(`flows: ${source}`, lastFlow, gaps)),
  ];
}
