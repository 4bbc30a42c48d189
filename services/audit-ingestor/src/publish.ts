import {
  CLUSTER_UID_HEADER,
  coverageMarks,
  policyEvents,
  resourceChanges,
  TELLER_HEADER,
} from '@margay/contracts';
import { publishAll, type Bus } from '@margay/messaging';
import type { Ingested } from './read-batch.ts';

/** Who tells, by which clusters of one name are told apart. */
export interface Teller {
  /** Of the cluster; absent where it is not known. */
  readonly uid?: string | undefined;
  /** See `tellerOf`. */
  readonly teller?: string;
}

/**
 * Publishes what texts said. Durable when fulfilled; when rejected, publishing it again is harmless.
 *
 * The mark goes last, so that nothing counts as delivered that is not.
 *
 * @param by who publishes it.
 */
export async function publishIngested(
  bus: Bus,
  cluster: string,
  { changes, policyEvents: events, mark, listed }: Ingested,
  { uid, teller }: Teller = {},
): Promise<void> {
  const own = {
    ...(uid !== undefined && { [CLUSTER_UID_HEADER]: uid }),
    ...(teller !== undefined && { [TELLER_HEADER]: teller }),
  };
  const ofCluster = <T extends object>(values: readonly T[]) =>
    values.map((value) => ({ ...value, cluster }));
  const published = [
    await publishAll(bus, resourceChanges, ofCluster(changes), [], own),
    await publishAll(bus, policyEvents, ofCluster(events), [], own),
  ];
  await publishAll(bus, coverageMarks, ofCluster([{ ...mark, ...(listed && { listed }) }]), published, own);
}
