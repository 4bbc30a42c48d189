import { formatInstant } from '@margay/ground';
import type { Archive } from '../archive/archive.ts';
import { ArchiveDamaged, headerDamage } from '../archive/damaged.ts';
import { chunks } from '../chunks.ts';
import type { Stores } from '../stores.ts';
import { ByLog } from './by-log.ts';
import { Chains, linkOf } from './chains.ts';
import type { Told } from './findings.ts';
import { headersIn } from './headers-in.ts';
import { keyedHash } from './sums.ts';
import type { WalkedLog } from './walk-log.ts';

/** The reports whose rows were found right, by the digests of their headers: a check that was interrupted does not read them again. */
export interface Resumed {
  readonly isDone: (headerDigest: string) => boolean;
  readonly done: (headerDigest: string) => void;
}

/** So many reports are held against the log at once. */
const PAGE = 256;

/**
 * Reads every header and all rows, and tells what is not what was archived, by the chains, the digests and the log. Headers are read once
 * for themselves, and once with their rows and what the log says of them; none is kept.
 *
 * @returns of how many reports the rows were passed over, since they were found right before.
 */
export async function walkReports(
  { archive, ledger }: Pick<Stores, 'archive' | 'ledger'>,
  log: WalkedLog | undefined,
  resumed: Resumed,
  told: Told,
): Promise<number> {
  const { count, chains } = await walkHeaders(archive, told);
  const byLog = log && new ByLog(ledger, log, told);
  let [looked, passedOver] = [0, 0];
  for await (const page of chunks(headersIn(archive), PAGE)) {
    const sound = new Set(page.filter((header) => headerDamage(header) === undefined));
    await byLog?.compare(page, sound);
    for (const header of page) {
      const { id, headerDigest } = header;
      if (sound.has(header) && resumed.isDone(headerDigest)) passedOver++;
      else if (sound.has(header) && (await isWhole(archive, id, told))) resumed.done(headerDigest);
      told.progress('reports', Math.min(++looked, count), count);
    }
  }
  told.shown(`${count} reports in ${chains} chains were looked at`);
  await byLog?.tellRest(archive);
  return passedOver;
}

async function walkHeaders(archive: Archive, told: Told) {
  const chains = new Chains(keyedHash());
  let count = 0;
  for await (const { header, isMisplaced } of archive.all()) {
    const damage = headerDamage(header);
    const { id, reportName, reportType, end } = header;
    count++;
    chains.add(linkOf(header, damage === undefined));
    if (damage !== undefined) told.found('changed', damage);
    else if (isMisplaced)
      told.found(
        'changed',
        `Report ${id} is not listed where it belongs, among those of ${reportName}, type ${reportType}, that end at ${formatInstant(end)}: what the store finds it by was changed.`,
      );
  }
  await chains.tell(archive, told);
  return { count, chains: chains.size };
}

/** Whether all rows of a report are what was archived. */
async function isWhole(archive: Archive, id: string, { found }: Told): Promise<boolean> {
  try {
    // oxlint-disable-next-line no-unused-vars -- reading them is what checks them
    for await (const _ of archive.parts(id));
    return true;
  } catch (error) {
    if (!(error instanceof ArchiveDamaged)) throw error;
    found(error.isGone ? 'removed' : 'changed', error.message);
    return false;
  }
}
