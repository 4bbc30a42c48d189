import { sourceName, type CoverageMark } from '@margay/coverage';
import { covers, flowKey, mergeFlows, withTime, type Flow, type Seen } from '@margay/flows';
import type { Log, Metrics } from '@margay/runtime';
import { LRUCache } from 'lru-cache';
import type { ReadFlows } from './read-flows.ts';

/** What the log says of records that can never be read. */
export const UNREADABLE = 'Flow log records cannot be read';

export interface FlowIngestion {
  /** Durable when fulfilled; a repeat changes nothing. The mark says that the flows are, so it goes last. */
  readonly publish: (cluster: string, flows: readonly Flow[], mark: CoverageMark) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What became of the records of a flow log. */
export interface FlowTally {
  /** Distinct flows published. */
  readonly kept: number;
  /** Flows that said nothing new. */
  readonly merged: number;
  readonly unusable: number;
}

/** Takes what was read of one cluster’s flow log. Fulfilled when it is durable; rejected when it has to come again. */
export type IngestFlows = (cluster: string, read: ReadFlows) => Promise<FlowTally>;

/** Of flows that are known to be published; the oldest are forgotten, which costs a repeat. */
const KNOWN_MAX = 100_000;

/**
 * Publishes the distinct flows of what was read, those that overlap or touch as one and none that is known to be published
 * over that time; and with them the mark that says what became of everything.
 */
export function ingestFlows({ publish, metrics, log }: FlowIngestion): IngestFlows {
  const known = new LRUCache<string, readonly Seen[]>({ max: KNOWN_MAX });
  const keyOf = (cluster: string, flow: Flow) => `${cluster} ${flowKey(flow)}`;
  const remember = (key: string, flow: Flow) => {
    known.set(key, withTime(known.peek(key) ?? [], flow));
  };

  return async (cluster, { flows, mark }) => {
    const fresh = mergeFlows(flows).filter((flow) => !covers(known.peek(keyOf(cluster, flow)) ?? [], flow));
    await publish(cluster, fresh, mark);
    for (const flow of fresh) remember(keyOf(cluster, flow), flow);

    const source = sourceName(mark.source);
    const tally = { kept: fresh.length, merged: flows.length - fresh.length, unusable: unusableIn(mark) };
    for (const [outcome, amount] of Object.entries(tally))
      metrics.flowsTotal.add(amount, { cluster, source, outcome });
    if (tally.unusable > 0) {
      log.warn(UNREADABLE, {
        cluster,
        source,
        records: tally.unusable,
        first: mark.problems.find(({ kind }) => kind === 'unusable')?.message,
      });
    }
    return tally;
  };
}

const unusableIn = ({ buckets, timeless }: CoverageMark): number =>
  [timeless, ...buckets.map(({ counts }) => counts)]
    .flatMap((counts) => Object.entries(counts))
    .reduce((sum, [outcome, n]) => sum + (outcome.startsWith('unusable:') ? n : 0), 0);
