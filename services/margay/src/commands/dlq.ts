import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@margay/contracts';
import {
  DEAD_LETTER_HEADERS,
  deadLetterTopic,
  noticeIn,
  placeIn,
  type Bus,
  type Delivery,
  type Message,
  type Place,
} from '@margay/messaging';
import { UsageError, write } from '@margay/terminal';
import { Command } from 'commander';
import { connectBus } from '../connections.ts';

interface DlqOptions {
  readonly topic?: string;
  readonly data?: string;
}

/** What has been published again is remembered for this group. */
const GROUP = 'dlq-replay';
const POLL_MILLISECONDS = 100;

/** `margay dlq`: what was set aside because no retry could help. */
export function dlqCommand(): Command {
  const dlq = new Command('dlq');
  const common = (command: Command) =>
    command
      .option('--topic <name>', 'one topic; every topic of Margay unless given')
      .option('--data <dir>', 'folder of an embedded installation; the broker of KAFKA_BROKERS unless given');
  dlq.addCommand(
    common(new Command('list'))
      .description('One JSON line for each dead letter that is kept: where from, when, why.')
      .action((options: DlqOptions) =>
        onEach(options, async (bus, topic) => {
          for await (const { key, value, headers } of bus.peek(deadLetterTopic(topic))) {
            const { sizeBytes = value.byteLength, ...said } = Object.fromEntries(
              Object.entries(DEAD_LETTER_HEADERS).map(([name, header]) => [name, headers[header]]),
            );
            await write(`${JSON.stringify({ ...said, topic, key, sizeBytes: Number(sizeBytes) })}\n`);
          }
        }),
      ),
  );
  dlq.addCommand(
    common(new Command('replay'))
      .description('Publish what was set aside on its topic again, each message once.')
      .addHelpText(
        'after',
        '\nA dead letter says where its message is: one that its topic does not keep any more cannot be published again.\n' +
          'A message that still cannot be used becomes a dead letter again.',
      )
      .action((options: DlqOptions) =>
        onEach(options, async (bus, topic) => {
          await write(`${await replay(bus, topic)}\n`);
        }),
      ),
  );
  return dlq;
}

async function onEach({ topic, data }: DlqOptions, work: (bus: Bus, topic: string) => Promise<void>) {
  const names = topics.map(({ name }) => name);
  if (topic !== undefined && !names.includes(topic))
    throw new UsageError(`There is no topic ${topic}: it is one of ${names.join(', ')}`);
  const bus = await connectBus(data);
  try {
    for (const name of topic === undefined ? names : [topic]) await work(bus, name);
  } finally {
    await bus.close();
  }
}

/** Publishes what was not published again before, and says how many messages that were. Of a notice nothing can be. */
async function replay(bus: Bus, topic: string): Promise<string> {
  const from = deadLetterTopic(topic);
  const stop = new AbortController();
  let [published, notices, gone] = [0, 0, 0];
  // What the replay sets aside again comes behind these; the next run finds it.
  let left = await bus.lag(from, GROUP);
  if (left === 0) return `${topic}: 0 published again`;
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
  const others = [
    ...(notices > 0 ? [`${notices} have no content: their objects have to be seen again`] : []),
    ...(gone > 0 ? [`${gone} are not kept any more, or not whole`] : []),
  ];
  return `${topic}: ${[`${published} published again`, ...others].join(', ')}`;
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
    return [{ key, value, headers: Object.fromEntries(others) }];
  });
}

/** Whether what is at the letter’s place is its message, and not one of a topic that was made anew since. */
const isOf = ({ headers }: Delivery, { publishedAt }: Delivery): boolean =>
  Number(headers[DEAD_LETTER_HEADERS.publishedAt]) === publishedAt;

const nameOf = ({ partition, offset }: Place): string => `${partition}/${offset}`;

async function untilDone(bus: Bus, topic: string, stop: AbortController): Promise<void> {
  while (!stop.signal.aborted && (await bus.lag(topic, GROUP)) > 0) await sleep(POLL_MILLISECONDS);
}
