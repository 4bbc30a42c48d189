import { readFlow, type Flow } from '@margay/history';
import type { Log, Metrics } from '@margay/runtime';
import { mergeFlows, spanning, within, type Seen } from './merge-flows.ts';

export interface FlowIngestion {
  /** Durable when fulfilled; a repeat changes nothing. */
  readonly publish: (cluster: string, flows: readonly Flow[]) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
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
 * Publishes the distinct flows in texts: one for each flow and hour in one call, and none that is known to be published
 * over that time.
 */
export function ingestFlows({ publish, metrics, log }: FlowIngestion): IngestFlows {
  const known = new Map<string, Seen>();
  const isKnown = (key: string, flow: Seen) => {
    const before = known.get(key);
    return before !== undefined && within(flow, before);
  };
  const remember = (key: string, flow: Seen) => {
    const before = known.get(key) ?? flow;
    known.delete(key);
    known.set(key, spanning(before, flow));
    const [oldest] = known.keys();
    if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
  };

  return async (cluster, source, texts) => {
    const flows: Flow[] = [];
    const problems: string[] = [];
    for (const text of texts) {
      const reading = readFlow(text);
      if (reading?.kind === 'flow') flows.push(reading.flow);
      else if (reading) problems.push(reading.message);
    }
    const fresh = [...mergeFlows(flows)].filter(([key, flow]) => !isKnown(`${cluster} ${key}`, flow));
    if (fresh.length > 0)
      await publish(
        cluster,
        fresh.map(([, flow]) => flow),
      );
    for (const [key, flow] of fresh) remember(`${cluster} ${key}`, flow);

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
