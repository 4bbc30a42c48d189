import type { Log, Metrics } from '@margay/runtime';
import { mergeFlows, spanning, within, type Seen } from './merge-flows.ts';

/** What one text of a flow log is. */
export type FlowReading<F> =
  | { readonly flow: F }
  /** It is no flow, or none that reports list, for a reason in a few words. */
  | { readonly ignored: string }
  /** It should be a flow and cannot be read, for a reason in a sentence. */
  | { readonly unusable: string };

export interface FlowIngestion<F extends Seen> {
  readonly read: (text: string) => FlowReading<F>;
  /** Durable when fulfilled; a repeat changes nothing. */
  readonly publish: (cluster: string, flows: readonly F[]) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Takes texts of one cluster’s flow log. Fulfilled when the flows are durable; rejected when they have to come again. */
export type IngestFlows = (cluster: string, source: string, texts: readonly string[]) => Promise<void>;

/** Of flows that are known to be published; the oldest are forgotten, which costs a repeat. */
const KNOWN_MAX = 100_000;

/**
 * Publishes the distinct flows in texts: one for each flow and hour in one call, and none again that is known to be
 * published with that time.
 */
export function ingestFlows<F extends Seen>({ read, publish, metrics, log }: FlowIngestion<F>): IngestFlows {
  const known = new Map<string, Seen>();
  const isKnown = (key: string, flow: Seen) => {
    const before = known.get(key);
    return before !== undefined && within(flow, before);
  };
  const remember = (key: string, flow: Seen) => {
    const before = known.get(key);
    known.delete(key);
    known.set(key, before === undefined ? { start: flow.start, end: flow.end } : spanning(before, flow));
    if (known.size <= KNOWN_MAX) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  };

  return async (cluster, source, texts) => {
    const flows: F[] = [];
    const problems: string[] = [];
    let ignored = 0;
    for (const text of texts) {
      const reading = read(text);
      if ('flow' in reading) flows.push(reading.flow);
      else if ('ignored' in reading) ignored++;
      else problems.push(reading.unusable);
    }
    const fresh = [...mergeFlows(flows)].filter(([key, flow]) => !isKnown(`${cluster} ${key}`, flow));
    if (fresh.length > 0)
      await publish(
        cluster,
        fresh.map(([, flow]) => flow),
      );
    for (const [key, flow] of fresh) remember(`${cluster} ${key}`, flow);

    const count = (amount: number, outcome: string) => metrics.flowsTotal.add(amount, { source, outcome });
    count(fresh.length, 'kept');
    count(flows.length - fresh.length, 'merged');
    count(ignored, 'ignored');
    count(problems.length, 'unusable');
    if (problems.length > 0) {
      log.warn('Flow log records cannot be read', {
        cluster,
        source,
        records: problems.length,
        first: problems[0],
      });
    }
  };
}
