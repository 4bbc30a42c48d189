import { publishIngested, readBatch } from '@margay/audit-ingestor';
import type { Bus, Message } from '@margay/messaging';
import kafkajs from 'kafkajs';
import { freePort } from '../../test/testing/free-port.ts';
import { serviceProcess } from '../../test/testing/service-process.ts';
import { eventLists } from './events.ts';
import { inParallel, installation, poster, secondsOf, verdict } from './servers.ts';

const GOAL = 0.5;
/** Requests at a time: an API server posts its batches side by side. */
const WIDTH = 8;
/** Every message of a service carries its place in a trace. */
const HEADERS = { traceparent: `00-${'0123456789abcdef'.repeat(2)}-0123456789abcdef-01` };

/**
 * From the audit webhook to the topic, against the slower of two limits: parsing the same requests alone, and kafkajs
 * producing the same messages alone, as many at a time.
 */
export async function benchWebhook(print: (line: string) => void, quick: boolean): Promise<void> {
  const { environment, bus, close } = await installation('webhook');
  const ports = [await freePort(), await freePort()];
  const ingestors = ports.map((port) =>
    serviceProcess('audit-ingestor', {
      ...environment,
      AUDIT_WEBHOOK_PORT: String(port),
      AUDIT_WEBHOOK_HOST: '127.0.0.1',
      AUDIT_WEBHOOK_INSECURE: 'true',
    }),
  );
  const { Kafka, Partitioners, CompressionTypes } = kafkajs;
  const producer = new Kafka({
    brokers: [environment.KAFKA_BROKERS],
    clientId: 'limit',
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  try {
    const { bodies, events } = ((lists) => lists(0, quick ? 4_000 : 30_000))(eventLists());
    const published = await Promise.all(bodies.map(messagesOf));
    const posted = bodies.map((body) => Buffer.from(body));
    await producer.connect();
    await Promise.all(ingestors.map((ingestor) => ingestor.url()));
    // The topics exist and everything is warm.
    const posters = ports.map(poster);
    const postTo = (instances: number) => {
      let turn = 0;
      return (body: Buffer) => posters[turn++ % instances]!(body);
    };
    const produce = (topics: Published) =>
      producer.sendBatch({
        acks: -1,
        compression: CompressionTypes.GZIP,
        topicMessages: topics.map(({ topic, messages }) => ({
          topic: environment.KAFKA_TOPIC_PREFIX + topic,
          messages: messages.map(({ key, value }) => ({
            key,
            value: Buffer.from(value),
            headers: HEADERS,
          })),
        })),
      });
    await inParallel(posted.slice(0, 40), WIDTH, postTo(2));
    await inParallel(published.slice(0, 20), WIDTH, async (messages) => void (await produce(messages)));

    const parsing = await secondsOf(() => bodies.forEach((body) => void JSON.parse(body)));
    const producing = await secondsOf(() =>
      inParallel(published, WIDTH, async (messages) => void (await produce(messages))),
    );
    const rate = (seconds: number) => `${Math.round(events / seconds)} events/s`;
    print(
      `webhook to topic, ${events} events in ${bodies.length} requests: parsing alone ${rate(parsing)}, kafkajs alone ${rate(producing)}`,
    );
    for (const instances of [1, 2]) {
      const through = await secondsOf(() => inParallel(posted, WIDTH, postTo(instances)));
      print(
        `  ${instances} of the ingestor: ${rate(through)}; against the slower limit: ${verdict(Math.max(parsing, producing) / through, GOAL)}`,
      );
    }
  } finally {
    for (const ingestor of ingestors) ingestor.end();
    await producer.disconnect();
    await bus.close();
    await close();
  }
}

type Published = readonly { readonly topic: string; readonly messages: readonly Message[] }[];

/** What the ingestor publishes for a request. */
async function messagesOf(body: string): Promise<Published> {
  const published: { topic: string; messages: readonly Message[] }[] = [];
  const publish = async (topic: string, messages: readonly Message[]) =>
    void published.push({ topic, messages });
  const origin = { source: 'webhook:api-server', position: 1 };
  const read = readBatch(origin.source, [{ text: body, origin }]);
  await publishIngested({ publish } as Partial<Bus> as Bus, 'bench', read);
  return published;
}
