import { logCheckpoints } from '@margay/contracts';
import { readCheckpoint } from '@margay/ledger';
import { publishAll, type Bus } from '@margay/messaging';
import type { LogHead } from '@margay/storage';

/** Publishes the signed head of a cluster's log, for whoever keeps it. */
export async function publishHead(bus: Bus, cluster: string, { size, checkpoint }: LogHead): Promise<void> {
  const { origin } = readCheckpoint(Buffer.from(checkpoint), []);
  await publishAll(bus, logCheckpoints, [{ cluster, origin, size, checkpoint }]);
}
