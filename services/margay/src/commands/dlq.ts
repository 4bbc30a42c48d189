import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@margay/contracts';
import { DEAD_LETTER_HEADERS, deadLetterTopic, noticeIn, type Bus } from '@margay/messaging';
import { Command } from 'commander';
import { connectBus } from '../connections.ts';
import { UsageError } from '../exit.ts';
import { write } from '../write.ts';

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
            const said = Object.fromEntries(
              Object.entries(DEAD_LETTER_HEADERS).map(([name, header]) => [name, headers[header]]),
            );
            await write(`${JSON.stringify({ ...said, topic, key, sizeBytes: value.byteLength })}\n`);
          }
        }),
      ),
  );
  dlq.addCommand(
    common(new Command('replay'))
      .description('Publish dead letters on their topic again, each once.')
      .addHelpText('after', '\nA message that still cannot be used becomes a dead letter again.')
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
  let [published, notices] = [0, 0];
  // What the replay sets aside again comes behind these; the next run finds it.
  let left = await bus.lag(from, GROUP);
  if (left === 0) return `${topic}: 0 published again`;
  const consuming = bus.consume(
    from,
    GROUP,
    async (batch) => {
      const own = new Set<string>(Object.values(DEAD_LETTER_HEADERS));
      const whole = batch.filter((letter) => noticeIn(letter) === undefined);
      await bus.publish(
        topic,
        whole.map(({ key, value, headers }) => ({
          key,
          value,
          headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name))),
        })),
      );
      published += whole.length;
      notices += batch.length - whole.length;
      left -= batch.length;
      if (left <= 0) stop.abort();
    },
    { signal: stop.signal },
  );
  await Promise.race([consuming, untilDone(bus, from, stop)]);
  stop.abort();
  await consuming;
  const without = notices === 0 ? '' : `, ${notices} have no content: their objects have to be seen again`;
  return `${topic}: ${published} published again${without}`;
}

async function untilDone(bus: Bus, topic: string, stop: AbortController): Promise<void> {
  while (!stop.signal.aborted && (await bus.lag(topic, GROUP)) > 0) await sleep(POLL_MILLISECONDS);
}
