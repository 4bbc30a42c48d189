import { consumeTexts } from '@margay/sources';
import type { Bus, ConsumeOptions, Delivery, Unprocessable } from '@margay/messaging';
import type { Ingest } from '../raw-text.ts';

/** Which topic holds raw audit events, and whose they are. */
export interface AuditTopicOptions extends ConsumeOptions {
  readonly topic: string;
  /** All instances that share the topic have one group. */
  readonly group: string;
  readonly cluster: string;
  /** Told of every message that cannot even be unpacked, after it is on the dead-letter topic. */
  readonly onDeadLetter?: (delivery: Delivery, error: Unprocessable) => void;
}

/**
 * Takes audit events from a topic that a forwarder or a cloud's hub writes. What was read is committed when it is
 * durable, so it may come again. A source is called `topic:<topic>/<partition>`; positions in it are offsets.
 *
 * Fulfilled when the signal is aborted, rejected with what the ingestion or the bus threw.
 */
export function auditTopic(bus: Bus, ingest: Ingest, options: AuditTopicOptions): Promise<void> {
  return consumeTexts(
    bus,
    options.topic,
    options.group,
    async (texts) => {
      for (const [source, read] of Map.groupBy(texts, (text) => text.source)) {
        const origins = read.map(({ text, position }) => ({
          text,
          origin: { source: `topic:${source}`, position },
        }));
        await ingest(options.cluster, origins);
      }
    },
    options,
  );
}
