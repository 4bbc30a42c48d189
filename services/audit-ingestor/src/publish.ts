import { coverageMarks, policyEvents, resourceChanges } from '@margay/contracts';
import { publishAll, type Bus } from '@margay/messaging';
import type { Ingested } from './read-batch.ts';

/**
 * Publishes what texts said. Durable when fulfilled; when rejected, publishing it again is harmless.
 *
 * The mark goes last, so that nothing counts as delivered that is not.
 */
export async function publishIngested(
  bus: Bus,
  cluster: string,
  { changes, policyEvents: events, mark }: Ingested,
): Promise<void> {
  const ofCluster = <T extends object>(values: readonly T[]) =>
    values.map((value) => ({ ...value, cluster }));
  const published = [
    await publishAll(bus, resourceChanges, ofCluster(changes)),
    await publishAll(bus, policyEvents, ofCluster(events)),
  ];
  await publishAll(bus, coverageMarks, ofCluster([mark]), published);
}
