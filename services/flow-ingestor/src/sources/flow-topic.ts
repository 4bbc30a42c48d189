import type { Bus, ConsumeOptions, Delivery, Unprocessable } from '@margay/messaging';
import { consumeTexts } from '@margay/sources';
import type { IngestFlows } from '../ingest-flows.ts';

/** Which topic holds raw flow logs, and whose they are. */
export interface FlowTopicOptions extends ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  readonly cluster: string;
  /** Told of every message that cannot even be unpacked, after it is on the dead-letter topic. */
  readonly onDeadLetter?: (delivery: Delivery, error: Unprocessable) => void;
}

/**
 * Takes flow logs from a topic; what was read is committed when it is durable.
 *
 * Fulfilled when the signal is aborted, rejected with what the ingestion or the bus threw.
 */
export function flowTopic(bus: Bus, ingest: IngestFlows, options: FlowTopicOptions): Promise<void> {
  return consumeTexts(
    bus,
    options.topic,
    options.group,
    async (texts) => {
      const lines = texts.map(({ text }) => text);
      await ingest(options.cluster, `topic:${options.topic}`, lines);
    },
    options,
  );
}
