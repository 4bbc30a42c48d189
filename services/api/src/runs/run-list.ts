import { Inject, Injectable } from '@nestjs/common';
import type { Late, Run } from '@margay/api-contract';
import type { Action } from '@margay/kubernetes';
import { missing, Problem } from '@margay/runtime';
import type { ArchivedHeader, Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Viewer } from '../access/access.ts';
import { lateOf } from './late.ts';
import { runsOf } from './runs.ts';

/** Every run, as far as a viewer may see it. */
@Injectable()
export class RunList {
  readonly #archive: Stores['archive'];
  readonly #runs: (anew?: 'anew') => Promise<readonly Run[]>;
  readonly #late: (runs: readonly Run[]) => Promise<ReadonlyMap<string, Late>>;

  constructor(@Inject(STORES) stores: Stores) {
    this.#archive = stores.archive;
    this.#runs = runsOf(stores);
    this.#late = lateOf(stores);
  }

  /** Every run, whoever asks, newest window first. */
  all(): Promise<readonly Run[]> {
    return this.#runs();
  }

  /** Of all runs those that the viewer may list, newest window first. @throws Problem 403 where they may list none at all. */
  async visibleTo(viewer: Viewer): Promise<Run[]> {
    const all = await this.#runs();
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
    const run = (await this.#runs()).find(isIt) ?? (await this.#runs('anew')).find(isIt);
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
    return (await this.#runs()).filter(
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

  /** The archived report of a run. @throws Problem 409 where the run is not finished, 404 where it was removed. */
  async reportOf(run: Run): Promise<ArchivedHeader> {
    const header = await this.#archive.header(run.id);
    if (header !== undefined) return header;
    if (run.state === 'completed')
      throw missing(`report of run ${run.id} any more: it was removed from the archive`);
    throw new Problem(409, 'Not finished', `Run ${run.id} is ${run.state}: it has no report yet`);
  }
}
