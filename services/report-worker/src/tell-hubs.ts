import { hubNews, type HubNews, type ProvenEntry } from '@margay/contracts';
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

/** Tells hubs how the log of a cluster is now, so that they know of what has not come, and that the cluster is there. */
export async function tellHubsOfHead(
  bus: Bus,
  { ledger }: Pick<Stores, 'ledger'>,
  cluster: string,
): Promise<void> {
  const head = await loggedHead(ledger);
  if (head !== undefined) await publishAll(bus, hubNews, [headNews(cluster, head)]);
}

const headNews = (
  cluster: string,
  { checkpoint, keyChanges }: Pick<LoggedNow, 'checkpoint' | 'keyChanges'>,
): HubNews => ({ cluster, checkpoint, keyChanges: keyChanges.map(provenEntry) });

const provenEntry = ({ entry, proof }: LoggedNow['keyChanges'][number]): ProvenEntry => ({
  entry: Buffer.from(entry).toString(),
  proof,
});
