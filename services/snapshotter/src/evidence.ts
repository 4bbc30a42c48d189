import { EVIDENCE_GROUP } from '@margay/contracts';
import type { Bus } from '@margay/messaging';
import { EVIDENCE_TOPICS } from './losses.ts';

/** How many messages wait to be kept. */
export async function evidenceLag(bus: Bus): Promise<number> {
  const lags = await Promise.all(EVIDENCE_TOPICS.map((topic) => bus.lag(topic, EVIDENCE_GROUP)));
  return lags.reduce((sum, lag) => sum + lag, 0);
}
