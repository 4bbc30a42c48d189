import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Late, Run } from '@margay/api-contract';
import type { Action } from '@margay/kubernetes';
import { missing, Problem, type Log, type Metrics } from '@margay/runtime';
import { LOG, Readiness } from '@margay/runtime/nest';
import {
  ArchiveDamaged,
  damageByLog,
  loggedOtherwise,
  type ArchivedHeader,
  type Stores,
} from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Viewer } from '../access/access.ts';
import type { ClustersHere } from '../clusters/clusters-here.ts';
import { CLUSTERS_HERE } from '../tokens.ts';
import { lateOf } from './late.ts';
import { runsOf, type Listing, type ListTelling } from './runs.ts';

/** How often removed reports are counted. */
const LOOK_MILLISECONDS = 60_000;

/** So many of what is wrong with a log are said at once. */
const TOLD_PROBLEMS = 10;

const isRemoved = (run: Run): boolean => run.archiveProblem !== null && run.digest !== null;

const gone = (detail: string): Problem => new Problem(410, 'The report was removed', detail);

/** Counts and logs what listing the runs of a cluster shows of its archive and its log. */
function tellingOf(cluster: string, metrics: Metrics, log: Log, wrong: Map<string, string>): ListTelling {
  metrics.logEntriesWrong.set(0, { cluster });
  return {
    damaged: ({ what, message }) => {
      metrics.archiveDamagedTotal.add(1, { cluster, what });
      log.error('The archive was changed', { cluster, reason: message });
    },
    log: (problems) => {
      metrics.logEntriesWrong.set(problems.length, { cluster });
      const words = problems.slice(0, TOLD_PROBLEMS).join(' ');
      if (words !== '' && words !== wrong.get(cluster))
        log.error('The log of reports was changed', { cluster, problems: problems.length, reason: words });
      wrong.set(cluster, words);
    },
  };
}

/** A warning: reports are served, and those that are missing by the other entries are named. */
function entriesWrong(wrong: ReadonlyMap<string, string>) {
  const words = [...wrong].filter(([, each]) => each !== '').map(([cluster, each]) => `${cluster}: ${each}`);
  if (words.length === 0) return undefined;
  return { warning: `${words.join(' ')} Somebody changed the store: restore it from a backup.` };
}

/** Every run, as far as a viewer may see it. */
@Injectable()
export class RunList implements OnApplicationBootstrap {
  readonly #archive: Stores['archive'];
  readonly #ledger: Stores['ledger'];
  readonly #cluster: string;
  readonly #metrics: Metrics;
  readonly #counted: readonly { readonly cluster: string; readonly runs: Listing }[];
  readonly #runs: Listing;
  readonly #late: (runs: readonly Run[]) => Promise<ReadonlyMap<string, Late>>;

  constructor(
    @Inject(STORES) stores: Stores,
    @Inject(CLUSTERS_HERE) here: ClustersHere,
    @Inject(LOG) log: Log,
    @Inject(Readiness) readiness: Readiness,
  ) {
    this.#archive = stores.archive;
    this.#ledger = stores.ledger;
    this.#cluster = here.asked;
    this.#metrics = here.metrics;
    const wrong = new Map<string, string>();
    const telling = (cluster: string) => tellingOf(cluster, here.metrics, log, wrong);
    if (here.counted.size > 0) readiness.add('log entries', () => entriesWrong(wrong));
    this.#runs = runsOf(stores, here.counted.has(here.asked) ? telling(here.asked) : undefined);
    this.#counted = [...here.counted].map(([cluster, its]) => ({
      cluster,
      runs: cluster === here.asked ? this.#runs : runsOf(its, telling(cluster)),
    }));
    // What came later came into the cell: a hub knows nothing of it.
    this.#late = stores.mirror === undefined ? lateOf(stores) : async () => new Map();
  }

  onApplicationBootstrap(): void {
    if (this.#counted.length === 0) return;
    let lookedAt = -Infinity;
    for (const { cluster } of this.#counted) this.#metrics.archiveMissing.set(0, { cluster });
    // Not waited for: an archive may be large, and is looked at by itself when nobody asks for runs.
    this.#metrics.onScrape(async () => {
      if (performance.now() - lookedAt < LOOK_MILLISECONDS) return;
      lookedAt = performance.now();
      void this.#countRemoved();
    });
  }

  async #countRemoved(): Promise<void> {
    for (const { cluster, runs } of this.#counted) {
      const all = await runs.all().catch(() => undefined);
      if (all !== undefined) this.#metrics.archiveMissing.set(all.filter(isRemoved).length, { cluster });
    }
  }

  /** What is known of a report that is not in the archive. */
  async #removed({ id, archiveProblem }: Run): Promise<string> {
    const removed =
      archiveProblem ?? (await this.#runs.all('whole')).find((run) => run.id === id)?.archiveProblem;
    return `Run ${id}: ${removed ?? 'its report was removed from the archive, and is in no log of reports'}`;
  }

  /** @throws ArchiveDamaged where the log of reports has another report of the run. What the log itself lacks it says elsewhere. */
  async #asLogged(header: ArchivedHeader, { archiveProblem }: Run): Promise<void> {
    // Entries never change: one that was read is not asked for, and shown to be in the log, with each request.
    const known = this.#runs.entryOf(header.id);
    const damage =
      known === undefined
        ? ((await damageByLog(this.#ledger, header)) ?? archiveProblem ?? undefined)
        : loggedOtherwise(header, known);
    if (damage === undefined) return;
    this.#metrics.archiveDamagedTotal.add(1, { cluster: this.#cluster, what: 'log' });
    throw new ArchiveDamaged('log', damage);
  }

  /** Every run, whoever asks, newest window first. */
  all(): Promise<readonly Run[]> {
    return this.#runs.all();
  }

  /** Of all runs those that the viewer may list, newest window first. @throws Problem 403 where they may list none at all. */
  async visibleTo(viewer: Viewer): Promise<Run[]> {
    const all = await this.#runs.all();
    const refs = new Map(all.map((run) => [run.report, { name: run.report, type: run.reportType }]));
    const allowed = new Set((await viewer.listable([...refs.values()])).map(({ name }) => name));
    return all.filter(({ report }) => allowed.has(report));
  }

  /**
   * The run, for a viewer who may do this with it. What one may not even list looks as if it were not there.
   *
   * @throws Problem 404, or 403 that names the missing verb.
   */
  async seenBy(viewer: Viewer, id: string, action: Action): Promise<Run> {
    const isIt = (found: Run) => found.id === id;
    // One that was asked for just now is not among those that were there a second ago.
    const run = (await this.#runs.all()).find(isIt) ?? (await this.#runs.all('anew')).find(isIt);
    // Only the run's own report is asked about: an installation may have a thousand others.
    const ref = { name: run?.report ?? '', type: run?.reportType ?? '' };
    const visible = await viewer.listable(run === undefined ? [] : [ref]);
    if (run === undefined || visible.length === 0) throw missing(`run ${id}`);
    if (action !== 'list') await viewer.require(action, ref);
    return run;
  }

  /** Finished runs of the same report up to this one, newest window first: this one, and of each other window the newest. */
  async upTo({ id, report, window: { start, end } }: Run): Promise<Run[]> {
    const isOfThis = (other: Run) => other.window.start === start && other.window.end === end;
    return (await this.#runs.all()).filter(
      (other) =>
        other.id === id ||
        (other.report === report &&
          other.state === 'completed' &&
          other.window.end <= end &&
          other.supersededBy === null &&
          !isOfThis(other)),
    );
  }

  /** Of each of these reports the newest run. */
  async newestOf(viewer: Viewer, reports: readonly string[]): Promise<ReadonlyMap<string, Run>> {
    const wanted = new Set(reports);
    const newest = new Map<string, Run>();
    for (const run of await this.visibleTo(viewer))
      if (wanted.has(run.report) && run.supersededBy === null && !newest.has(run.report))
        newest.set(run.report, run);
    return new Map((await this.withLate([...newest.values()])).map((run) => [run.report, run] as const));
  }

  /** The runs, with what came after the evidence of each was read. */
  async withLate(runs: readonly Run[]): Promise<Run[]> {
    const late = await this.#late(runs);
    return runs.map((run) => ({ ...run, late: late.get(run.id) ?? null }));
  }

  /**
   * The archived report of a run, as it was archived.
   *
   * @throws ArchiveDamaged where it is not; Problem 409 where the run is not finished, 410 where it was removed.
   */
  async reportOf(run: Run): Promise<ArchivedHeader> {
    const header = await this.#archive.header(run.id);
    if (header !== undefined) {
      await this.#asLogged(header, run);
      return header;
    }
    if (run.state === 'completed') throw gone(await this.#removed(run));
    throw new Problem(409, 'Not finished', `Run ${run.id} is ${run.state}: it has no report yet`);
  }
}
