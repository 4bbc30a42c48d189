import type { Clusters, Run } from '@margay/api-contract';
import type { ReportRef } from '@margay/kubernetes';
import { atOnce, Problem, reasonOf, shownText, type Log } from '@margay/runtime';
import type { Cell, Newest, Stores } from '@margay/storage';
import type { FastifyRequest } from 'fastify';
import type { Viewer } from '../access/access.ts';
import type { Feed } from '../hub/feed.ts';
import { Standing, type Known, type UidGiven } from './standing.ts';

/** Who asks, as another cluster knows them; undefined where it does not. */
export type ViewerIn = (
  cluster: string,
  request: FastifyRequest,
  asking: Viewer,
) => Promise<Viewer | undefined>;

/** What a hub knows of clusters, beside what is kept of them. */
export interface HubView {
  /** How it stands to a cluster; null where its evidence is here. */
  readonly feedOf: (cluster: string) => Promise<Feed | null>;
  readonly uidGiven: UidGiven;
}

const NO_HUB: HubView = { feedOf: async () => null, uidGiven: () => undefined };

export type SeenCluster = Clusters['items'][number];

type Told = NonNullable<SeenCluster['told']>;
/** What was found out of a cluster by itself. */
interface Look extends Pick<SeenCluster, 'problem'> {
  readonly told: Omit<Told, 'sameAs'> | null;
}

/** An API server that does not answer keeps nobody from seeing the other clusters. */
const ASKED_MILLISECONDS = 3_000;
/** Why is for the log: it may name files and addresses. */
const AWAY = 'It cannot be looked at now; the log says why';

/** All clusters of a cell, to those who may see something of them: each cluster decides about its own. */
export class Fleet {
  readonly #cell: Cell;
  readonly #viewerIn: ViewerIn;
  readonly #log: Log;
  /** Why clusters could not be looked at, as it was said last. */
  readonly #said = new Map<string, string>();
  /** Why nothing of clusters could be read last. */
  readonly #unreadable = new Map<string, string>();
  readonly #standing: Standing;
  readonly #hub: HubView;
  /** Names of one cluster, as they were said last. */
  #doublesSaid = '';

  constructor(cell: Cell, viewerIn: ViewerIn, log: Log, hub: HubView = NO_HUB) {
    this.#hub = hub;
    this.#log = log;
    this.#cell = cell;
    this.#viewerIn = viewerIn;
    this.#standing = new Standing(cell, hub.uidGiven);
  }

  /** Why there are clusters of which nothing can be read just now, by name. Nothing is looked at again where all could be read last. */
  async unreadable(): Promise<ReadonlyMap<string, string>> {
    if (this.#unreadable.size > 0) this.#noteUnreadable(await this.#cell.newest());
    return this.#unreadable;
  }

  /**
   * Looks at all clusters of a hub, as whoever asks first would have to: each has a database of its own, of which nothing is known after a start.
   * What cannot be looked at is said when it is asked for.
   */
  async lookAhead(): Promise<void> {
    const ofHub = this.#ofHub;
    if (ofHub.length === 0) return;
    const newest = await this.#newest();
    await atOnce(ofHub, async (name) => {
      try {
        const known = headersOf(newest.get(name));
        const removed = await this.#standing.removed(name);
        await this.#standing.of(name, known, removed);
      } catch (error) {
        this.#say(name, reasonOf(error));
      }
    });
  }

  /**
   * The clusters of which somebody may see something, and those that know them and cannot say now what they may see. Of those that do not
   * know them it is told that there are some, which are not named: they may sign in there.
   *
   * @param asked the cluster that was asked, which knows them.
   */
  async seenBy(asking: Viewer, asked: string, request: FastifyRequest): Promise<Clusters> {
    const newest = await this.#newest();
    const looks = await atOnce(this.#cell.clusters, async (name) => {
      const viewerIn = async () => (name === asked ? asking : this.#viewerIn(name, request, asking));
      return { name, look: await this.#look(name, newest.get(name), viewerIn) };
    });
    const seen = looks.flatMap(({ name, look }) =>
      typeof look === 'string' ? [] : [{ name, isAsked: name === asked, ...look }],
    );
    return {
      items: withNames(seen),
      signInElsewhere: looks.some(({ look }) => look === 'not known there'),
    };
  }

  /**
   * What is to be said of clusters of a hub that have one uid, where there are such: one is told of under two names. The snapshotter of a cell says it of the cell's own.
   */
  async doubles(): Promise<string | undefined> {
    const named = await atOnce(this.#ofHub, async (name) => {
      // One that cannot be read is said to be so elsewhere.
      const uid = await this.#standing.uidOf(name).catch(() => null);
      return uid === null ? [] : [{ name, uid }];
    });
    const words = [...Map.groupBy(named.flat(), ({ uid }) => uid)].flatMap(([uid, some]) =>
      some.length < 2 ? [] : [doubleWords(uid, some.map(({ name }) => name).sort())],
    );
    const said = words.join(' ');
    if (said !== this.#doublesSaid && said !== '') this.#log.warn('Clusters have one uid', { reason: said });
    this.#doublesSaid = said;
    return said === '' ? undefined : said;
  }

  get #ofHub(): readonly string[] {
    return this.#cell.clusters.filter((name) => this.#cell.of(name).mirror !== undefined);
  }

  /**
   * Of reports in clusters those that somebody may list there. A cluster that does not know them, or cannot be asked now, shows nothing; each
   * is asked once, about all of its reports.
   *
   * @param asked the cluster that was asked, which knows them.
   */
  async listable<R extends ReportRef & { readonly cluster: string }>(
    reports: readonly R[],
    asking: Viewer,
    asked: string,
    request: FastifyRequest,
  ): Promise<R[]> {
    const listed = await atOnce([...Map.groupBy(reports, ({ cluster }) => cluster)], async ([name, its]) => {
      const listable = async () => {
        const viewer = name === asked ? asking : await this.#viewerIn(name, request, asking);
        return viewer === undefined ? [] : viewer.listable(its);
      };
      try {
        return await inTime(listable());
      } catch (error) {
        const status = error instanceof Problem ? error.status : 0;
        if (status !== 401 && status !== 403) this.#say(name, reasonOf(error));
        return [];
      }
    });
    return listed.flat();
  }

  /** How it is, for whom it knows and who may see something of it. */
  async #look(
    name: string,
    newest: Newest | undefined,
    viewerIn: () => Promise<Viewer | undefined>,
  ): Promise<Look | 'not known there' | 'nothing to see'> {
    const stores = this.#cell.of(name);
    try {
      const viewer = await inTime(viewerIn());
      // Whom it does not know it does no work for.
      if (viewer === undefined) return 'not known there';
      // Who may see nothing is not told of what cannot be read either.
      await inTime(viewer.listable([]));
      const headers = headersOf(newest);
      const removed = await this.#standing.removed(name);
      const visible = await inTime(visibleTo(viewer, { newest: headers, removed }, stores));
      if (visible === undefined) return 'nothing to see';
      const told = await this.#standing.of(name, visible.newest, visible.removed);
      return { told: { ...told, feed: await this.#hub.feedOf(name) }, problem: null };
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0;
      if (status === 403) return 'nothing to see';
      if (status === 401) return 'not known there';
      this.#say(name, reasonOf(error));
      return { told: null, problem: AWAY };
    }
  }

  async #newest(): Promise<ReadonlyMap<string, Newest>> {
    const newest = await this.#cell.newest();
    this.#noteUnreadable(newest);
    return newest;
  }

  #noteUnreadable(newest: ReadonlyMap<string, Newest>): void {
    for (const [name, found] of newest)
      if (found.status === 'rejected') this.#unreadable.set(name, reasonOf(found.reason));
      else this.#unreadable.delete(name);
  }

  #say(cluster: string, reason: string): void {
    if (this.#said.get(cluster) === reason) return;
    this.#said.set(cluster, reason);
    this.#log.error('A cluster cannot be looked at', { cluster, reason });
  }
}

/** With the names of those that have the uid of another one: of those that are seen, and no others. */
function withNames(seen: readonly (Look & Pick<SeenCluster, 'name' | 'isAsked'>)[]): SeenCluster[] {
  const byUid = Map.groupBy(seen, ({ told }) => told?.uid ?? null);
  return seen.map(({ told, ...cluster }) => {
    if (told === null) return { ...cluster, told };
    const same = told.uid === null ? [] : (byUid.get(told.uid) ?? []);
    const sameAs = same.map(({ name }) => name).filter((name) => name !== cluster.name);
    return { ...cluster, told: { ...told, sameAs } };
  });
}

const doubleWords = (uid: string, names: readonly string[]): string =>
  `${names.join(' and ')} have one kube-system, with the uid ${shownText(uid)}: a cluster was renamed, or restored under another name beside the first, or the log of one says the uid of another. What is of both comes twice. Take the name that is not used any more out of HUB_CELLS, and say the uid of each there.`;

/** @throws whatever kept them from being read. */
function headersOf(newest: Newest | undefined): Known {
  if (newest?.status === 'rejected') throw newest.reason;
  return newest?.value ?? [];
}

/** What there is of a cluster's reports. */
interface Reports {
  readonly newest: Known;
  readonly removed: readonly Run[];
}

/** Of the newest headers, and of what was removed, what somebody may see; undefined where they may see nothing of the cluster. */
async function visibleTo(
  viewer: Viewer,
  { newest, removed }: Reports,
  { windows }: Stores,
): Promise<Reports | undefined> {
  const listable = async (reports: readonly { readonly name: string; readonly type: string }[]) =>
    new Set((await viewer.listable(reports)).map(({ name }) => name));
  const named = await listable([
    ...newest.map(({ reportName: name, reportType: type }) => ({ name, type })),
    ...removed.map(({ report: name, reportType: type }) => ({ name, type })),
  ]);
  const visible = {
    newest: newest.filter(({ reportName }) => named.has(reportName)),
    removed: removed.filter(({ report }) => named.has(report)),
  };
  if (named.size > 0) return visible;
  const others = (await windows.reports()).map(({ name, reportType: type }) => ({ name, type }));
  const isEmpty = newest.length + removed.length + others.length === 0;
  return isEmpty || (await listable(others)).size > 0 ? visible : undefined;
}

async function inTime<T>(asked: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new Error(
          `its API server did not say within ${ASKED_MILLISECONDS / 1_000} seconds what may be seen of it`,
        ),
      ),
    ASKED_MILLISECONDS,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
