import { hubNews, type HubNews, type ProvenEntry } from '@margay/contracts';
import { SECOND, type Instant } from '@margay/ground';
import { allSigned, type LogKey, NotSigned, signedAtToSign, verifierKeyText } from '@margay/ledger';
import { publishAll, type Bus } from '@margay/messaging';
import { loggedHead, loggedNow, type ArchivedHeader, type LoggedNow, type Stores } from '@margay/storage';

/**
 * Tells hubs of a report that is in the log of reports, and of the log's head with it.
 *
 * @returns whether it is in it: of any other there is nothing to tell.
 */
export async function tellHubsOf(
  bus: Bus,
  { ledger }: Pick<Stores, 'ledger'>,
  header: ArchivedHeader,
): Promise<boolean> {
  const logged = await loggedNow(ledger, header.id);
  if (logged === undefined) return false;
  const { entry, proof, statement } = logged;
  const report = {
    ...provenEntry({ entry, proof }),
    header: JSON.stringify(header),
    ...(statement !== undefined && { statement }),
  };
  await publishAll(bus, hubNews, [{ ...headNews(header.cluster, logged), report }]);
  return true;
}

/** Who says when: the key of the log, and the time. */
export interface SignedTime {
  readonly key: LogKey;
  readonly now: Instant;
}

/**
 * Tells hubs how the log of a cluster is now, so that they know of what has not come.
 *
 * @param by signs that it is so now, by which hubs know that the cell is there; without it they do not.
 * @throws NotSigned where whoever has the key does not sign; what there is to tell without that is told.
 */
export async function tellHubsOfHead(
  bus: Bus,
  { ledger }: Pick<Stores, 'ledger'>,
  cluster: string,
  by?: SignedTime,
): Promise<void> {
  const head = await loggedHead(ledger);
  if (head === undefined) return;
  const news = headNews(cluster, head);
  try {
    // By another key it would show nothing: the log may have gone on with one since.
    const isBySigner = by !== undefined && head.key === verifierKeyText(by.key);
    const signedAt = isBySigner ? await signedNow(head.checkpoint, by) : undefined;
    await publishAll(bus, hubNews, [{ ...news, ...(signedAt !== undefined && { signedAt }) }]);
  } catch (error) {
    if (error instanceof NotSigned) await publishAll(bus, hubNews, [news]);
    throw error;
  }
}

async function signedNow(checkpoint: string, { key, now }: SignedTime): Promise<string | undefined> {
  const [line] = await allSigned([signedAtToSign(checkpoint, key, Math.floor(now / SECOND))], key);
  return line;
}

const headNews = (
  cluster: string,
  { checkpoint, keyChanges }: Pick<LoggedNow, 'checkpoint' | 'keyChanges'>,
): HubNews => ({ cluster, checkpoint, keyChanges: keyChanges.map(provenEntry) });

const provenEntry = ({ entry, proof }: LoggedNow['keyChanges'][number]): ProvenEntry => ({
  entry: Buffer.from(entry).toString(),
  proof,
});
