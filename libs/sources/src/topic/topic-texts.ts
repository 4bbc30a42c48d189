import { Unprocessable, type Delivery } from '@margay/messaging';
import { isBrokenGzip, wholeOf } from '../bytes/unpack.ts';

/** A text from a topic, with the place that it was read from. */
export interface TopicText {
  readonly text: string;
  /** `topic/partition`. */
  readonly source: string;
  /** The message's offset. */
  readonly position: number;
  /** What is wrong with the rest of the message, which can never be read. */
  readonly unreadable?: string;
}

/** Of one message, unpacked. */
const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

/**
 * The texts that somebody else wrote on a topic, packed or not, one for each message that holds something.
 *
 * @throws Unprocessable when one of them cannot be unpacked.
 */
export async function topicTexts(deliveries: readonly Delivery[]): Promise<TopicText[]> {
  const texts: TopicText[] = [];
  for (const delivery of deliveries) texts.push(await textIn(delivery));
  return texts.filter(({ text, unreadable }) => text.trim() !== '' || unreadable !== undefined);
}

async function textIn({ topic, partition, offset, value }: Delivery): Promise<TopicText> {
  const packed = Buffer.from(value);
  const whole = await wholeOf(packed, MESSAGE_BYTES_MAX);
  if (whole === undefined)
    throw new Unprocessable('too-large', `the message unpacks to more than ${MESSAGE_BYTES_MAX} bytes`);
  if (isBrokenGzip(packed, whole))
    throw new Unprocessable('not-gzip', 'the message begins as gzip and is none');
  const { bytes, unreadable } = whole;
  return {
    text: bytes.toString('utf8'),
    source: `${topic}/${partition}`,
    position: Number(offset),
    ...(unreadable !== undefined && { unreadable }),
  };
}
