import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Unprocessable, type Bus, type ConsumeOptions, type Delivery } from '@margay/messaging';
import { isGzipped } from '../http/body.ts';
import { textsOf } from '../texts.ts';

/** A text from a topic, with the place that it was read from. */
export interface TopicText {
  readonly text: string;
  /** `topic/partition`. */
  readonly source: string;
  /** The message's offset. A message with several texts gives all of them its offset. */
  readonly position: number;
}

const unzipped = promisify(gunzip);

/** Of one message, unpacked. */
const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Reads a topic on which somebody else writes JSON texts, plain or gzipped, and commits a batch when `deliver` has
 * fulfilled; so `deliver` must be idempotent. What cannot be unpacked goes to the dead-letter topic.
 *
 * Fulfilled when the signal is aborted. Rejected with what `deliver` or the bus threw, before the commit.
 */
export function consumeTexts(
  bus: Bus,
  topic: string,
  group: string,
  deliver: (texts: readonly TopicText[]) => Promise<void>,
  options: ConsumeOptions & { readonly onDeadLetter?: (delivery: Delivery, error: Unprocessable) => void },
): Promise<void> {
  return bus.consume(
    topic,
    group,
    async (batch) => {
      const texts: TopicText[] = [];
      for (const delivery of batch) {
        try {
          texts.push(...(await textsIn(delivery)));
        } catch (error) {
          const reason = new Unprocessable('not-gzip', 'the message begins as gzip and is none', error);
          await bus.deadLetter(topic, delivery, reason);
          options.onDeadLetter?.(delivery, reason);
        }
      }
      if (texts.length > 0) await deliver(texts);
    },
    options,
  );
}

async function textsIn({ topic, partition, offset, value }: Delivery): Promise<TopicText[]> {
  const bytes = isGzipped(value)
    ? await unzipped(value, { maxOutputLength: MESSAGE_BYTES_MAX })
    : Buffer.from(value);
  return textsOf(bytes.toString('utf8')).map((text) => ({
    text,
    source: `${topic}/${partition}`,
    position: Number(offset),
  }));
}
