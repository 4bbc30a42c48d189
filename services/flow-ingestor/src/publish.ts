import { CLUSTER_UID_HEADER, coverageMarks, flows as flowTopic } from '@margay/contracts';
import type { CoverageMark } from '@margay/coverage';
import type { Flow } from '@margay/flows';
import { publishAll, type Bus } from '@margay/messaging';

/**
 * Publishes flows and the mark of where they were read. Durable when fulfilled; when rejected, publishing it again is
 * harmless.
 *
 * The mark goes last, so that nothing counts as delivered that is not.
 *
 * @param uid of the cluster, by which clusters of one name are told apart; absent where nobody said it.
 */
export async function publishFlows(
  bus: Bus,
  cluster: string,
  flows: readonly Flow[],
  mark: CoverageMark,
  uid?: string,
): Promise<void> {
  const own = uid === undefined ? {} : { [CLUSTER_UID_HEADER]: uid };
  const ofCluster = flows.map((flow) => ({ ...flow, cluster }));
  const published = await publishAll(bus, flowTopic, ofCluster, [], own);
  await publishAll(bus, coverageMarks, [{ ...mark, cluster }], [published], own);
}
