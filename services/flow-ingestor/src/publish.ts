import { coverageMarks, flows as flowTopic } from '@margay/contracts';
import type { CoverageMark } from '@margay/coverage';
import type { Flow } from '@margay/flows';
import { publishAll, type Bus } from '@margay/messaging';

/**
 * Publishes flows and the mark of where they were read. Durable when fulfilled; when rejected, publishing it again is
 * harmless.
 *
 * The mark goes last, so that nothing counts as delivered that is not.
 */
export async function publishFlows(
  bus: Bus,
  cluster: string,
  flows: readonly Flow[],
  mark: CoverageMark,
): Promise<void> {
  const ofCluster = flows.map((flow) => ({ ...flow, cluster }));
  const published = await publishAll(bus, flowTopic, ofCluster);
  await publishAll(bus, coverageMarks, [{ ...mark, cluster }], [published]);
}
