import { createHash } from 'node:crypto';
import { Unprocessable } from '../unprocessable.ts';
import type { Message } from './bus.ts';

/** The largest value that is published. Objects are bounded by the API server to a few of them, so that nothing of a cluster comes near. */
export const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

/** Of keys, and of the headers of a notice: below the smallest limit that a topic is given. */
const KEY_CHARACTERS_MAX = 1_024;
const HEADERS_CHARACTERS_MAX = 1_024;
const REASON_CHARACTERS_MAX = 512;

const CODE = 'notice-code';
const REASON = 'notice-reason';

/**
 * The notice that stands for a message which cannot be published: on the same topic with the same key, without content, with a header
 * that says why. Whoever consumes it sets it aside, so that what it would have said is known to be missing.
 */
export function noticeOf({ key, headers = {} }: Omit<Message, 'value'>, why: Unprocessable): Message {
  const length = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return {
    key: keyWithin(key),
    value: new Uint8Array(),
    headers: {
      ...(length <= HEADERS_CHARACTERS_MAX && headers),
      [CODE]: why.code,
      [REASON]: why.message.slice(0, REASON_CHARACTERS_MAX),
    },
  };
}

/** What a notice says; undefined for every other message. */
export function noticeIn({ value, headers = {} }: Omit<Message, 'key'>): Unprocessable | undefined {
  const { [CODE]: code, [REASON]: reason = '' } = headers;
  return code === undefined || value.length > 0 ? undefined : new Unprocessable(code, reason);
}

/** The messages as they are published: for each that is too large its notice, and keys of no more than so many characters. */
export function publishable(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) => {
    if (message.value.byteLength > MESSAGE_BYTES_MAX) return noticeOf(message, tooLarge(message));
    const key = keyWithin(message.key);
    return key === message.key ? message : { ...message, key };
  });
}

/** Names in requests may be as long as an address. What is about one object stays in its order, though nobody knows of it by the key. */
const keyWithin = (key: string): string =>
  key.length <= KEY_CHARACTERS_MAX ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;

const tooLarge = ({ value }: Message) =>
  new Unprocessable(
    'too-large',
    `a message of ${value.byteLength} bytes is larger than the ${MESSAGE_BYTES_MAX} that are published`,
  );

/** Why the broker is not given a message. @param bytes the most that it takes. */
export const refusedByTopic = (topic: string, { value }: Message, bytes: number): Unprocessable =>
  new Unprocessable(
    'too-large',
    `a message of ${value.byteLength} bytes does not fit ${topic}, which takes ${bytes} at once: raise the topic's max.message.bytes`,
  );
