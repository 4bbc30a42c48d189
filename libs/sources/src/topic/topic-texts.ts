import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Unprocessable, type Delivery } from '@margay/messaging';
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
 * The JSON texts that somebody else wrote on a topic, plain or gzipped, in the order of their messages.
 *
 * @throws Unprocessable when one of them cannot be unpacked.
 */
export async function topicTexts(deliveries: readonly Delivery[]): Promise<TopicText[]> {
  const texts: TopicText[] = [];
  for (const delivery of deliveries) texts.push(...(await textsIn(delivery)));
  return texts;
}

async function textsIn({ topic, partition, offset, value }: Delivery): Promise<TopicText[]> {
  const bytes = isGzipped(value) ? await unpacked(value) : Buffer.from(value);
  return textsOf(bytes.toString('utf8')).map((text) => ({
    text,
    source: `${topic}/${partition}`,
    position: Number(offset),
  }));
}

async function unpacked(value: Uint8Array): Promise<Buffer> {
  try {
    return await unzipped(value, { maxOutputLength: MESSAGE_BYTES_MAX });
  } catch (error) {
    throw new Unprocessable('not-gzip', 'the message begins as gzip and is none', error);
  }
}
