import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { openKafkaBus } from '@margay/messaging';
import { openElasticsearch } from '@margay/storage';

/** An installation of its own on the servers that the environment names: topics, indices and the services' settings. */
export async function installation(name: string, partitions = 12) {
  const id = `${name}-${randomUUID().slice(0, 8)}`;
  const environment = {
    CLUSTER_NAME: 'bench',
    KAFKA_BROKERS: process.env['MARGAY_TEST_KAFKA'] ?? '',
    KAFKA_TOPIC_PREFIX: `${id}-`,
    KAFKA_PARTITIONS: String(partitions),
    ELASTICSEARCH_URLS: process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '',
    ELASTICSEARCH_INDEX_PREFIX: id,
  };
  const bus = await openKafkaBus({
    brokers: [environment.KAFKA_BROKERS],
    clientId: 'bench',
    partitions,
    prefix: environment.KAFKA_TOPIC_PREFIX,
  });
  const stores = await openElasticsearch({
    nodes: [environment.ELASTICSEARCH_URLS],
    prefix: environment.ELASTICSEARCH_INDEX_PREFIX,
    cluster: environment.CLUSTER_NAME,
  });
  const close = async () => {
    await bus.close();
    await stores.close();
  };
  return { environment, bus, stores, close };
}

export type Installation = Awaited<ReturnType<typeof installation>>;

/** Runs `work` over all items, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

/** Seconds that the work takes. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

export const verdict = (ratio: number, goal: number): string =>
  `${ratio.toFixed(2)}   goal ≥ ${goal}: ${ratio >= goal ? 'met' : 'MISSED'}`;

/** Posts bodies to the audit webhook at the port; rejected unless it takes them. */
export function poster(port: number): (body: Buffer) => Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const path = '/audit/v1/clusters/bench/sources/api-server';
  return (body) =>
    new Promise((taken, refused) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const sending = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 200
            ? taken()
            : refused(new Error(`the webhook answered ${answer.statusCode}`)),
        );
      });
      sending.on('error', refused);
      sending.end(body);
    });
}
