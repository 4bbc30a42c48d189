import type { Bus } from '@margay/messaging';
import { EVIDENCE_TOPICS } from './losses.ts';

/** The consumer group of all snapshotters. */
export const GROUP = 'snapshotter';

/** How many messages wait to be kept. */
export async function evidenceLag(bus: Bus): Promise<number> {
  const lags = await Promise.all(EVIDENCE_TOPICS.map((topic) => bus.lag(topic, GROUP)));
  return lags.reduce((sum, lag) => sum + lag, 0);
}
