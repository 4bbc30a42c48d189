import { randomUUID } from 'node:crypto';
import {
  isParent,
  reportWindowOf,
  revisedWindow,
  type ParentWindow,
  type ReportWindow,
} from '@margay/contracts';
import { at, type Instant, type Window } from '@margay/ground';
import type { ArchivedHeader } from './archive/archive.ts';
import { ArchiveDamaged, headerDamage, unlessDamaged } from './archive/damaged.ts';
import type { Stores } from './stores.ts';
import type { KnownReport, WindowRecord } from './windows/windows.ts';

/** What was asked for cannot be computed; the message says why and what to do. */
export class NotAskable extends Error {
  override readonly name = 'NotAskable';
  readonly reason: 'missing' | 'unfinished' | 'removed' | 'window' | 'clusters';

  constructor(reason: NotAskable['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A run that was asked for. */
export interface AskedRun {
  readonly window: ReportWindow;
  /** False where it had been asked for, or made by a schedule, before. */
  readonly isNew: boolean;
}

/**
 * Asks for one run of a report over a window of a person's choice, by keeping it among the windows: whoever hands windows to the
 * workers hands it on. It is archived and listed like any other, and counts neither for the schedule nor in the status. Asked
 * for again, it is the same run; one that failed is tried anew.
 *
 * Of a report over many clusters it is a run over those that it chooses now, by what its scheduler says: that goes on with it.
 */
export async function askForRun(
  { windows }: Pick<Stores, 'windows'>,
  cluster: string,
  report: Pick<KnownReport, 'name' | 'spec' | 'typeSpec' | 'clusters'>,
  span: Window,
  now: Instant,
): Promise<AskedRun> {
  if (span.start >= span.end)
    throw new NotAskable('window', 'The window ends before, or when, it begins: give a later end');
  if (span.end > now)
    throw new NotAskable('window', 'The window is not over yet: give an end that is not in the future');
  const { name, spec, typeSpec, clusters } = report;
  const asked = {
    name,
    spec: spec as { readonly reportType: string },
    ...(typeSpec !== undefined && { typeSpec }),
  };
  const window = reportWindowOf(cluster, asked, span, true);
  if (at(spec, 'clusters') === undefined) return ask(windows, window, now);
  if (clusters === undefined || clusters.length === 0)
    throw new NotAskable(
      'clusters',
      `GlobalReport ${name} is about many clusters (spec.clusters), and ${clusters === undefined ? 'nobody has said which it chooses: its scheduler has not looked at it, or refuses it' : 'it chooses none'}`,
    );
  const parent: ParentWindow = { ...window, clusters, nonce: randomUUID() };
  return ask(windows, parent, now);
}

/**
 * Asks for the next revision of an archived report: the same window and selection, computed from the evidence that there is
 * now. Every report over the window stays as it is. While the next revision is on its way, it is the one that is asked for.
 *
 * @param id of any report over the window.
 * @throws NotAskable; ArchiveDamaged where a report over the window is not what was archived.
 */
export async function askForRevision(stores: Stores, id: string, now: Instant): Promise<AskedRun> {
  const { archive, windows } = stores;
  const header = await archive.header(id);
  const record = await windows.get(id);
  if (header === undefined) throw notArchived(id, record);
  const revisions = await archive.revisions(header.reportName, header);
  const damage = revisions.map((each) => headerDamage(each)).find((words) => words !== undefined);
  // It may be the newest: nobody knows which revision comes next.
  if (damage !== undefined) throw new ArchiveDamaged('header', damage);
  const newest = revisions.at(-1) ?? header;
  await checkRemains(stores, newest);
  if (record === undefined)
    throw new NotAskable('removed', `What run ${id} was asked with is not known any more: ask for a new run`);
  return ask(windows, revisedWindow(record.window, (newest.revision ?? 1) + 1), now);
}

async function ask(windows: Stores['windows'], window: ReportWindow, now: Instant): Promise<AskedRun> {
  const [fresh] = await windows.emit([window], now);
  if (fresh !== undefined) return { window, isNew: true };
  await windows.again(window.id, now);
  return { window: (await windows.get(window.id))?.window ?? window, isNew: false };
}

function notArchived(id: string, record: WindowRecord | undefined): NotAskable {
  if (record === undefined) return new NotAskable('missing', `There is no run ${id}`);
  if (isParent(record.window))
    return new NotAskable(
      'clusters',
      `Run ${id} is about many clusters and has no report of its own: ask for a revision of the run of a cluster`,
    );
  if (record.state === 'completed')
    return new NotAskable(
      'removed',
      `The report of run ${id} was removed from the archive: there is nothing that a revision could supersede`,
    );
  return new NotAskable(
    'unfinished',
    `Run ${id} was never archived, it is ${record.state}: there is nothing to revise yet`,
  );
}

/** @throws NotAskable where a revision would know less than what it supersedes. */
async function checkRemains({ archive, arrivals }: Stores, newest: ArchivedHeader): Promise<void> {
  const { id, parts, read, start, end } = newest;
  const isThere = parts.length === 0 || (await unlessDamaged(archive.part(id, 0))) !== undefined;
  if (!isThere) {
    throw new NotAskable(
      'removed',
      `The rows of report ${id} were removed from the archive: its window is over for good and cannot be revised`,
    );
  }
  const isWhole = read === undefined || (await arrivals.isWhole({ place: read, window: { start, end } }));
  if (!isWhole) {
    throw new NotAskable(
      'removed',
      `Evidence of the window of run ${id} was removed since it was computed: a revision would know less than the report that it supersedes`,
    );
  }
}
