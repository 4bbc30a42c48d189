import { setTimeout as sleep } from 'node:timers/promises';
import { DEAD_LETTER_HEADERS, deadLetterTopic, placeIn } from './bus/bus.ts';
import type { Bus, Delivery, Message, Place } from './bus/bus.ts';
import { noticeIn } from './bus/notice.ts';

/** What has been published again is remembered for this group. */
const GROUP = 'dlq-replay';
const POLL_MILLISECONDS = 100;

/** The header of a message that was published again: the names of the places at which it was set aside. */
const REPLAYED = 'set-aside-at';
const NAME = /^[\w.-]+\/\d{1,9}@\d{1,19}\/\d{1,16}$/;

/** The name of a place: no other message ever has it, also where a topic is made anew. */
export const placeName = ({ topic, partition, offset, publishedAt }: Omit<Delivery, keyof Message>): string =>
  `${topic}/${partition}@${offset}/${publishedAt}`;

/** Where a message was set aside before it was published again; none as a rule. */
export const placesSetAside = ({ headers }: Pick<Delivery, 'headers'>): readonly string[] =>
  (headers[REPLAYED] ?? '').split(',').filter((name) => NAME.test(name));

/** What became of dead letters: how many messages were published again, have no content, and are not kept any more. */
interface Replayed {
  readonly published: number;
  readonly notices: number;
  readonly gone: number;
}

/** Publishes what was set aside of a topic, and was not published again before. Of a notice nothing can be. */
export async function replayDeadLetters(bus: Bus, topic: string): Promise<Replayed> {
  const from = deadLetterTopic(topic);
  const stop = new AbortController();
  let [published, notices, gone] = [0, 0, 0];
  // What the replay sets aside again comes behind these; the next run finds it.
  let left = await bus.lag(from, GROUP);
  if (left === 0) return { published, notices, gone };
  const consuming = bus.consume(
    from,
    GROUP,
    async (letters) => {
      const messages = await messagesOf(bus, topic, letters);
      const whole = messages.filter((message) => noticeIn(message) === undefined);
      await bus.publish(topic, whole);
      published += whole.length;
      notices += messages.length - whole.length;
      gone += letters.length - messages.length;
      left -= letters.length;
      if (left <= 0) stop.abort();
    },
    { signal: stop.signal },
  );
  await Promise.race([consuming, untilDone(bus, from, stop)]);
  stop.abort();
  await consuming;
  return { published, notices, gone };
}

/** The messages of dead letters, as far as they are kept. */
async function messagesOf(bus: Bus, topic: string, letters: readonly Delivery[]): Promise<Message[]> {
  const places = letters.flatMap((letter) => placeIn(letter) ?? []);
  const found = new Map<string, Delivery>();
  for await (const delivery of bus.read(topic, places)) found.set(nameOf(delivery), delivery);
  const own = new Set<string>(Object.values(DEAD_LETTER_HEADERS));
  return letters.flatMap((letter) => {
    const place = placeIn(letter);
    const message = place === undefined ? letter : found.get(nameOf(place));
    if (message === undefined || (place !== undefined && !isOf(letter, message))) return [];
    const { key, value, headers } = message;
    const others = Object.entries(headers).filter(([name]) => !own.has(name));
    const setAside =
      place === undefined
        ? {}
        : { [REPLAYED]: [...placesSetAside(message), placeName({ ...message, topic })].join(',') };
    return [{ key, value, headers: { ...Object.fromEntries(others), ...setAside } }];
  });
}

/** Whether what is at the letter’s place is its message, and not one of a topic that was made anew since. */
const isOf = ({ headers }: Delivery, { publishedAt }: Delivery): boolean =>
  Number(headers[DEAD_LETTER_HEADERS.publishedAt]) === publishedAt;

const nameOf = ({ partition, offset }: Place): string => `${partition}/${offset}`;

async function untilDone(bus: Bus, topic: string, stop: AbortController): Promise<void> {
  while (!stop.signal.aborted && (await bus.lag(topic, GROUP)) > 0) await sleep(POLL_MILLISECONDS);
}
