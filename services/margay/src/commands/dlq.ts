import { topics } from '@margay/contracts';
import { DEAD_LETTER_HEADERS, deadLetterTopic, replayDeadLetters, type Bus } from '@margay/messaging';
import { UsageError, write } from '@margay/terminal';
import { Command } from 'commander';
import { connectBus } from '../connections.ts';

interface DlqOptions {
  readonly topic?: string;
  readonly data?: string;
}

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

/** @returns what became of the dead letters of a topic. */
async function replay(bus: Bus, topic: string): Promise<string> {
  const { published, notices, gone } = await replayDeadLetters(bus, topic);
  const others = [
    ...(notices > 0 ? [`${notices} have no content: their objects have to be seen again`] : []),
    ...(gone > 0 ? [`${gone} are not kept any more, or not whole`] : []),
  ];
  return `${topic}: ${[`${published} published again`, ...others].join(', ')}`;
}
