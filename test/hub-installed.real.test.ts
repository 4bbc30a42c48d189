import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clusters } from '@margay/api-contract';
import { hubNews } from '@margay/contracts';
import { openKafkaBus } from '@margay/messaging';
import { requestRun } from '@margay/scheduler';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { renderedObjects, type ChartValues } from './kubernetes/chart-rendering.ts';
import { containerEnvironment, type Secrets } from './kubernetes/hub-container.ts';
import { brokerToKill } from './servers/kafka.ts';
import { installCell } from './testing/installation.ts';
import { margay, ownFolder } from './testing/margay.ts';
import { SPAN } from './testing/recorded-stores.ts';
import { startService, type ServiceProcess } from './testing/services.ts';

/** A hub of cells that are processes with brokers of their own. The hub is as the chart renders it: a process with exactly its variables and files, on a broker that lets it do what the documentation says. */
const plain = process.env['MARGAY_TEST_KAFKA'] ?? '';
const secured = process.env['MARGAY_TEST_KAFKA_SECURED'] ?? '';
const caFile = process.env['MARGAY_TEST_KAFKA_CA'] ?? '';
const authority = readFileSync(caFile, 'utf8');
const TOKEN = 'a token of the whole fleet';

const SECRETS: Secrets = {
  'kafka-user': { username: 'hub', password: 'hub-secret' },
  'kafka-authority': { 'ca.crt': authority },
  door: { token: TOKEN },
};

/** A cell: topics and indices of its own, and a worker that hands on to the hub what that is told. */
async function cellOf(cluster: string, hubKafka: Readonly<Record<string, string>>) {
  const { environment, bus, storesOf } = await installCell(plain);
  const file = join(ownFolder(), 'ledger.key');
  const { out } = margay(['key', file, '--name', `margay.example.com/${cluster}`]);
  const keys = [out.trim().split('\n').at(-1)];
  const stores = await storesOf(cluster);
  const own = { ...environment, CLUSTER_NAME: cluster, LEDGER_KEY_FILE: file, EVIDENCE_WAIT_SECONDS: '0' };
  const worker = startService('report-worker', { ...own, ...hubKafka });
  return {
    entry: {
      name: `cell-of-${cluster}`,
      api: `https://margay.${cluster}.example`,
      clusters: [{ name: cluster, keys }],
    },
    worker,
    /** Has one more report made, and waits until it is completed. */
    async report(name: string): Promise<void> {
      const asked = { name, spec: { reportType: 'inventory' } };
      await requestRun(bus, stores, cluster, asked, SPAN, Date.now() * 1_000);
      const completed = async () =>
        (await stores.windows.list({ states: ['completed'] })).map(({ window }) => window.reportName);
      await expect.poll(completed, PATIENT).toContain(name);
    },
    tellAll: () => margay(['tell-hubs'], '', own),
  };
}

const PATIENT = { timeout: 90_000, interval: 500 };

const valuesOf = (prefix: string, cells: readonly object[]): ChartValues => ({
  profile: 'hub',
  permissions: 'token',
  permissionsTokenSecret: 'door',
  kafka: {
    brokers: secured,
    topicPrefix: prefix,
    partitions: 3,
    saslSecret: 'kafka-user',
    saslMechanism: 'plain',
    caSecret: 'kafka-authority',
  },
  hub: { cells },
});

/** The rows of the documentation: who, what kind of resource, its name, what they may do. */
const documented = () => {
  const text = readFileSync(new URL('../docs/permissions.md', import.meta.url), 'utf8');
  const table = /<!-- acls -->([^]*)<!-- \/acls -->/.exec(text)![1]!;
  return [...table.matchAll(/^\| (the [^|]*?) *\| (topic|group) `([^`]+)` *\| `(\w+)`/gm)].map(
    ([, who, kind, name, operation]) => ({ who: who!, kind: kind!, name: name!, operation: operation! }),
  );
};

const OPERATIONS = { Read: AclOperationTypes.READ, Write: AclOperationTypes.WRITE } as const;

async function admin() {
  const client = new Kafka({ clientId: 'acls', brokers: [plain], logLevel: logLevel.NOTHING }).admin();
  await client.connect();
  onTestFinished(() => client.disconnect());
  return client;
}

/** Makes topics and lets `hub` and `cell` do what the documentation says. */
async function grantDocumented(prefix: string): Promise<void> {
  const client = await admin();
  const topics = [hubNews.name, `${hubNews.name}.dlq`];
  await client.createTopics({ topics: topics.map((topic) => ({ topic: prefix + topic, numPartitions: 3 })) });
  const acl = documented().map(({ who, kind, name, operation }) => ({
    principal: who === 'the hub' ? 'User:hub' : 'User:cell',
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    operation: OPERATIONS[operation as keyof typeof OPERATIONS],
    resourceType: kind === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
    resourceName: prefix + name,
    resourcePatternType: ResourcePatternTypes.LITERAL,
  }));
  expect(acl.length).toBeGreaterThan(3);
  await client.createAcls({ acl });
}

/** How the documentation has a cell sign in to the brokers of the hub. */
const hubKafkaAt = (prefix: string) => ({
  HUB_KAFKA_BROKERS: secured,
  HUB_KAFKA_CA_FILE: caFile,
  HUB_KAFKA_SASL_MECHANISM: 'plain',
  HUB_KAFKA_USERNAME: 'cell',
  HUB_KAFKA_PASSWORD: 'cell-secret',
  HUB_KAFKA_TOPIC_PREFIX: prefix,
});

const ask = async (hub: ServiceProcess, path: string, token = TOKEN) =>
  fetch(`${await hub.url()}${path}`, { headers: { authorization: `Bearer ${token}` } });

/** The clusters of a hub. */
const clustersOf = async (hub: ServiceProcess) =>
  ((await (await ask(hub, '/api/v1/clusters')).json()) as Clusters).items;

test(
  'a hub that the chart renders is told by its cells, with the rights that are documented and no others',
  { timeout: 300_000 },
  async () => {
    const prefix = `installed-${randomUUID().slice(0, 8)}.`;
    await grantDocumented(prefix);
    const alpha = await cellOf('alpha', hubKafkaAt(prefix));
    const beta = await cellOf('beta', hubKafkaAt(prefix));
    await alpha.report('a1');
    await beta.report('b1');
    const folder = ownFolder();
    const objects = renderedObjects(valuesOf(prefix, [alpha.entry]));
    const hub = startService('api', containerEnvironment(folder, objects, SECRETS));
    const feeds = async () =>
      (await clustersOf(hub)).map(({ name, told: how }) => [name, how!.feed!.state, how!.feed!.logged]);
    await expect.poll(feeds, PATIENT).toEqual([['alpha', 'heard', 1]]);
    await expect.poll(async () => (await ask(hub, '/readyz')).json()).toMatchObject({ ready: true });
    expect((await ask(hub, '/api/v1/clusters', 'the token of somebody else')).status).toBe(401);
    // What is of no cell of it is set aside on the topic for that, and counted.
    const metrics = async () => (await ask(hub, '/metrics')).text();
    await expect
      .poll(metrics, PATIENT)
      .toMatch(/margay_dead_letters_total\{[^}]*unknown-cluster[^}]*\} [1-9]/);
    const all = await openKafkaBus({ brokers: [plain], clientId: 'test', prefix });
    onTestFinished(() => all.close());
    const aside = new Set<string>();
    for await (const { key } of all.peek(`${hubNews.name}.dlq`)) aside.add(String(key));
    expect([...aside]).toEqual(['beta']);

    // Neither it nor its cells make other topics there.
    const there = (await (await admin()).listTopics()).filter((topic) => topic.startsWith(prefix));
    expect(there.sort()).toEqual([hubNews.name, `${hubNews.name}.dlq`].map((topic) => prefix + topic));

    // Another cell, as helm upgrade brings it: the process is started anew with the same folder.
    hub.end();
    const more = renderedObjects(valuesOf(prefix, [alpha.entry, beta.entry]));
    const next = startService('api', containerEnvironment(folder, more, SECRETS));
    await beta.report('b2');
    await alpha.report('a2');
    const told = async () =>
      (await clustersOf(next)).map(({ name, told: how }) => [name, how!.feed!.logged, how!.feed!.missing]);
    await expect.poll(told, PATIENT).toEqual([
      ['alpha', 2, []],
      ['beta', 2, [{ from: 0, to: 0 }]],
    ]);
    // What was told before the hub had that cell.
    expect(beta.tellAll()).toMatchObject({ code: 0 });
    await expect.poll(told, PATIENT).toEqual([
      ['alpha', 2, []],
      ['beta', 2, []],
    ]);
  },
);

test(
  'while the broker of the hub is away cells make reports, and what they told comes when it is back, through a worker that is killed',
  { timeout: 400_000 },
  async () => {
    const broker = await brokerToKill(ownFolder());
    onTestFinished(() => broker.remove());
    const alpha = await cellOf('alpha', { HUB_KAFKA_BROKERS: broker.address });
    const [folder, cells] = [ownFolder(), join(ownFolder(), 'cells.json')];
    writeFileSync(cells, JSON.stringify([alpha.entry]));
    const hub = startService('api', {
      HUB_CELLS_FILE: cells,
      HUB_DIRECTORY: folder,
      KAFKA_BROKERS: broker.address,
    });
    const feed = async () => (await clustersOf(hub))[0]!.told!.feed!;
    await alpha.report('a1');
    await expect.poll(feed, PATIENT).toMatchObject({ logged: 1, missing: [] });
    await broker.kill();
    await alpha.report('a2');
    const readyz = async () => (await fetch(`${await alpha.worker.url()}/readyz`)).json() as Promise<unknown>;
    const waiting = {
      ready: true,
      checks: {
        'hub-kafka': { ready: true, reason: expect.stringContaining('goes on by itself') as string },
      },
    };
    await expect.poll(readyz, PATIENT).toMatchObject(waiting);
    // One that begins while it is away works, too.
    await alpha.worker.kill();
    await alpha.report('a3');
    await expect.poll(readyz, PATIENT).toMatchObject(waiting);
    expect(await feed()).toMatchObject({ logged: 1 });
    await broker.start();
    await expect
      .poll(feed, { timeout: 150_000, interval: 500 })
      .toMatchObject({ state: 'heard', logged: 3, missing: [] });
    await expect.poll(readyz, PATIENT).toMatchObject({ checks: { 'hub-kafka': { ready: true } } });
  },
);
