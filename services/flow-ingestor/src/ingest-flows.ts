import {
  covers,
  flowKey,
  mergeFlows,
  readFlow,
  withTime,
  type Flow,
  type FlowFormat,
  type Seen,
} from '@margay/flows';
import type { Log, Metrics } from '@margay/runtime';
import { LRUCache } from 'lru-cache';

export interface FlowIngestion {
  /** Durable when fulfilled; a repeat changes nothing. */
  readonly publish: (cluster: string, flows: readonly Flow[]) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The formats that lines are read in; all that there are unless given. */
  readonly formats?: readonly FlowFormat[];
}

/** What became of texts. */
export interface FlowTally {
  /** Distinct flows published. */
  readonly kept: number;
  /** Flows that said nothing new. */
  readonly merged: number;
  readonly unusable: number;
}

/** Takes texts of one cluster’s flow log. Fulfilled when the flows are durable; rejected when they have to come again. */
export type IngestFlows = (cluster: string, source: string, texts: readonly string[]) => Promise<FlowTally>;

/** Of flows that are known to be published; the oldest are forgotten, which costs a repeat. */
const KNOWN_MAX = 100_000;

/**
 * Publishes the distinct flows in texts: those that overlap or touch as one, and none that is known to be published over
 * that time.
 */
export function ingestFlows({ publish, metrics, log, formats }: FlowIngestion): IngestFlows {
  const known = new LRUCache<string, readonly Seen[]>({ max: KNOWN_MAX });
  const keyOf = (cluster: string, flow: Flow) => `${cluster} ${flowKey(flow)}`;
  const remember = (key: string, flow: Flow) => {
    known.set(key, withTime(known.peek(key) ?? [], flow));
  };

  return async (cluster, source, texts) => {
    const flows: Flow[] = [];
    const problems: string[] = [];
    for (const text of texts) {
      const reading = readFlow(text, formats);
      if (reading?.kind === 'flow') flows.push(reading.flow);
      else if (reading?.kind === 'unusable') problems.push(reading.message);
    }
    const fresh = mergeFlows(flows).filter((flow) => !covers(known.peek(keyOf(cluster, flow)) ?? [], flow));
    if (fresh.length > 0) await publish(cluster, fresh);
    for (const flow of fresh) remember(keyOf(cluster, flow), flow);

    const tally = { kept: fresh.length, merged: flows.length - fresh.length, unusable: problems.length };
    for (const [outcome, amount] of Object.entries(tally))
      metrics.flowsTotal.add(amount, { source, outcome });
    if (problems.length > 0) {
      log.warn('Flow log records cannot be read', {
        cluster,
        source,
        records: problems.length,
        first: problems[0],
      });
    }
    return tally;
  };
}
