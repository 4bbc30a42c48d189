import { coverageMarks, flows, policyEvents, resourceChanges } from '@margay/contracts';
import type { Bus } from '@margay/messaging';

/** The consumer group of all snapshotters. */
export const GROUP = 'snapshotter';

/** The topics that must be handled before the stores say all that was published. */
const EVIDENCE_TOPICS = [resourceChanges, policyEvents, flows, coverageMarks].map(({ name }) => name);

/** How many messages wait to be kept. */
export async function evidenceLag(bus: Bus): Promise<number> {
  const lags = await Promise.all(EVIDENCE_TOPICS.map((topic) => bus.lag(topic, GROUP)));
  return lags.reduce((sum, lag) => sum + lag, 0);
}
