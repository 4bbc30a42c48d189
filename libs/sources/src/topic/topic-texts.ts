import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Unprocessable, type Delivery } from '@margay/messaging';
import { isGzipped } from '../http/body.ts';

/** A text from a topic, with the place that it was read from. */
export interface TopicText {
  readonly text: string;
  /** `topic/partition`. */
  readonly source: string;
  /** The message's offset. */
  readonly position: number;
}

const unzipped = promisify(gunzip);

/** Of one message, unpacked. */
const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

/**
 * The texts that somebody else wrote on a topic, plain or gzipped, one a message.
 *
 * @throws Unprocessable when one of them cannot be unpacked.
 */
export async function topicTexts(deliveries: readonly Delivery[]): Promise<TopicText[]> {
  const texts: TopicText[] = [];
  for (const delivery of deliveries) texts.push(await textIn(delivery));
  return texts;
}

async function textIn({ topic, partition, offset, value }: Delivery): Promise<TopicText> {
  const bytes = isGzipped(value) ? await unpacked(value) : Buffer.from(value);
  return { text: bytes.toString('utf8'), source: `${topic}/${partition}`, position: Number(offset) };
}

async function unpacked(value: Uint8Array): Promise<Buffer> {
  try {
    return await unzipped(value, { maxOutputLength: MESSAGE_BYTES_MAX });
  } catch (error) {
    throw new Unprocessable('not-gzip', 'the message begins as gzip and is none', error);
  }
}
