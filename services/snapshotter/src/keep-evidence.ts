import { coverageMarks, flows, policyEvents, resourceChanges } from '@margay/contracts';
import { consume, type Bus, type HandleOptions } from '@margay/messaging';
import type { Stores } from '@margay/storage';

const GROUP = 'snapshotter';

/**
 * Keeps everything that the ingestors publish: changes become versions in the history, policy events the audit
 * trail, flows and coverage marks their stores.
 *
 * At least once: offsets are committed after the stores have the batch, and the stores take repeats for what they
 * are. Fulfilled when the signal is aborted, rejected when a store or the bus fails.
 */
export async function keepEvidence(bus: Bus, stores: Stores, options: HandleOptions): Promise<void> {
  await Promise.all([
    consume(
      bus,
      resourceChanges,
      GROUP,
      async (changes) => void (await stores.history.append(changes)),
      options,
    ),
    consume(bus, policyEvents, GROUP, async (events) => void (await stores.trail.append(events)), options),
    consume(bus, flows, GROUP, async (batch) => void (await stores.flows.append(batch)), options),
    consume(bus, coverageMarks, GROUP, (marks) => stores.coverage.append(marks), options),
  ]);
}

/** The topics that must be handled before the stores say all that was published. */
export const EVIDENCE_TOPICS = [resourceChanges, policyEvents, flows, coverageMarks].map(({ name }) => name);

/** How many messages wait to be kept. */
export async function evidenceLag(bus: Bus): Promise<number> {
  const lags = await Promise.all(EVIDENCE_TOPICS.map((topic) => bus.lag(topic, GROUP)));
  return lags.reduce((sum, lag) => sum + lag, 0);
}
