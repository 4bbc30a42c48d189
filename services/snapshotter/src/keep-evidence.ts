import { coverageMarks, flows, policyEvents, resourceChanges } from '@margay/contracts';
import { consume, type Bus, type HandleOptions } from '@margay/messaging';
import { together } from '@margay/runtime';
import type { Stores } from '@margay/storage';

/** The consumer group of all snapshotters. */
export const GROUP = 'snapshotter';

/**
 * Most of the time of a batch is spent waiting for the store, and a name's changes are all in one partition: bigger
 * batches and several side by side share the waits.
 */
const CHANGES_AT_ONCE = 2_000;
const PARTITIONS_AT_ONCE = 6;

/** How evidence is kept. */
export interface KeepOptions extends HandleOptions {
  /** Told how many changes were new to the history, batch by batch. */
  readonly onKept?: (changes: number) => void;
}

/**
 * Keeps everything that the ingestors publish: changes become versions in the history, policy events the audit
 * trail, flows and coverage marks their stores.
 *
 * At least once: offsets are committed after the stores have the batch, and the stores take repeats for what they
 * are. Fulfilled when the signal is aborted, rejected when a store or the bus fails.
 */
export async function keepEvidence(bus: Bus, stores: Stores, options: KeepOptions): Promise<void> {
  await together(options.signal, (signal) => {
    const handle = { ...options, signal };
    return [
      consume(
        bus,
        resourceChanges,
        GROUP,
        async (changes) => {
          const { applied } = await stores.history.append(changes);
          options.onKept?.(applied);
        },
        { ...handle, batchMax: CHANGES_AT_ONCE, partitionsAtOnce: PARTITIONS_AT_ONCE },
      ),
      consume(bus, policyEvents, GROUP, async (events) => void (await stores.trail.append(events)), handle),
      consume(bus, flows, GROUP, async (batch) => void (await stores.flows.append(batch)), handle),
      consume(bus, coverageMarks, GROUP, (marks) => stores.coverage.append(marks), handle),
    ];
  });
}

/** The topics that must be handled before the stores say all that was published. */
export const EVIDENCE_TOPICS = [resourceChanges, policyEvents, flows, coverageMarks].map(({ name }) => name);

/** How many messages wait to be kept. */
export async function evidenceLag(bus: Bus): Promise<number> {
  const lags = await Promise.all(EVIDENCE_TOPICS.map((topic) => bus.lag(topic, GROUP)));
  return lags.reduce((sum, lag) => sum + lag, 0);
}
