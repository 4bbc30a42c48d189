import {
  childWindows,
  isParent,
  type ChildRun,
  type ParentWindow,
  type ReportWindow,
} from '@margay/contracts';
import { GRADES, type Grade } from '@margay/coverage';
import { at, HOUR, type Instant } from '@margay/ground';
import { atOnce } from '@margay/runtime';
import type { ArchivedHeader } from './archive/archive.ts';
import { ArchiveDamaged, headerDamage } from './archive/damaged.ts';
import type { Cell } from './cell.ts';
import { damageByLog } from './ledger/damage-by-log.ts';
import type { Stores } from './stores.ts';
import type { WindowRecord } from './windows/windows.ts';

/** A run over many clusters, as it is kept. */
export interface ParentRecord extends WindowRecord {
  readonly window: ParentWindow;
}

export const isParentRecord = (record: WindowRecord): record is ParentRecord => isParent(record.window);

/** A child run that is not archived after so long is missing, until it is: the schedule does not wait for it. */
const PATIENCE = HOUR;

/**
 * The child runs of a parent run as they are now, in the order of its clusters: each by what its own cluster's stores have.
 *
 * @param archived by id those of it that were found archived before, which are not looked at again; new ones are added. Looks at all unless given.
 */
export async function childRunsOf(
  cell: Pick<Cell, 'clusters' | 'of'>,
  { window, emittedAt }: ParentRecord,
  now: Instant,
  archived = new Map<string, ChildRun>(),
): Promise<ChildRun[]> {
  const windows = childWindows(window);
  const isLate = now - emittedAt >= PATIENCE;
  const look = async (child: ReportWindow): Promise<ChildRun> => {
    if (!cell.clusters.includes(child.cluster))
      return missing(child, 'its cluster is not one of those whose evidence is kept here any more');
    const found = archived.get(child.id) ?? (await childRun(cell.of(child.cluster), child, isLate));
    if (found.state === 'completed') archived.set(child.id, found);
    return found;
  };
  return atOnce(windows, look);
}

const missing = ({ cluster, id }: ReportWindow, reason: string): ChildRun => ({
  cluster,
  id,
  state: 'missing',
  reason,
});

async function childRun(stores: Stores, child: ReportWindow, isLate: boolean): Promise<ChildRun> {
  const { cluster, id } = child;
  try {
    const header = await newestReport(stores, child);
    if (header !== undefined) return completed(child, header);
  } catch (error) {
    if (!(error instanceof ArchiveDamaged)) throw error;
    return missing(child, error.message);
  }
  const record = await stores.windows.get(id);
  if (record?.state === 'failed')
    return { cluster, id, state: 'failed', reason: record.reason ?? 'no reason was given' };
  if (record?.state === 'completed') return missing(child, 'its report was removed from the archive');
  if (isLate)
    return missing(child, `it is ${record === undefined ? 'not begun' : record.state} after an hour`);
  return { cluster, id, state: 'not yet' };
}

/** The newest report over the window of a child run. @throws ArchiveDamaged where it is not what was archived. */
async function newestReport(
  { archive, ledger }: Stores,
  { id, reportName, start, end }: ReportWindow,
): Promise<ArchivedHeader | undefined> {
  const first = await archive.header(id);
  if (first === undefined) return undefined;
  const newest = (await archive.revisions(reportName, { start, end })).at(-1) ?? first;
  const damage = headerDamage(newest);
  if (damage !== undefined) throw new ArchiveDamaged('header', damage);
  const byLog = await damageByLog(ledger, newest);
  if (byLog !== undefined) throw new ArchiveDamaged('log', byLog);
  return newest;
}

function completed(child: ReportWindow, { id, digest, content }: ArchivedHeader): ChildRun {
  const choice = at(child.spec, 'partOf', 'digest');
  if (at(content, 'reportSpec', 'partOf', 'digest') !== choice)
    return missing(child, 'its report is part of another choice of clusters: the parent run was changed');
  const sources = at(content, 'evidence', 'sources');
  const said = at(sources, 'grade');
  const grade: Grade = GRADES.find((each) => each === said) ?? 'not known';
  return {
    cluster: child.cluster,
    id,
    state: 'completed',
    digest,
    grade,
    complete: at(sources, 'complete') === true,
  };
}
