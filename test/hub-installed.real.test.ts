import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clusters } from '@margay/api-contract';
import { hubNews } from '@margay/contracts';
import { openEmbeddedBus, openKafkaBus, type Bus } from '@margay/messaging';
import { readKeyFile } from '@margay/storage';
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
import { cellHere } from './testing/hub-here.ts';
import { margay, ownFolder } from './testing/margay.ts';
import { recordedStores } from './testing/recorded-stores.ts';
import { startService } from './testing/services.ts';

/** A hub as the chart renders it: a process with exactly its variables and files, on a broker that lets it do what the documentation says. */
const plain = process.env['MARGAY_TEST_KAFKA'] ?? '';
const secured = process.env['MARGAY_TEST_KAFKA_SECURED'] ?? '';
const authority = readFileSync(process.env['MARGAY_TEST_KAFKA_CA'] ?? '', 'utf8');
const TOKEN = 'a token of the whole fleet';

const SECRETS: Secrets = {
  'kafka-user': { username: 'hub', password: 'hub-secret' },
  'kafka-authority': { 'ca.crt': authority },
  door: { token: TOKEN },
};

/** A cell's entry with what the documented command prints, and the key that it made. */
function cellOf(cluster: string) {
  const file = join(ownFolder(), 'ledger.key');
  const { out } = margay(['key', file, '--name', `margay.example.com/${cluster}`]);
  const keys = [out.trim().split('\n').at(-1)];
  const api = `https://margay.${cluster}.example`;
  return {
    entry: { name: `cell-of-${cluster}`, api, clusters: [{ name: cluster, keys }] },
    key: readKeyFile(file),
  };
}

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

test('a hub that the chart renders is told by its cells, with the rights that are documented and no others', async () => {
  const prefix = `installed-${randomUUID().slice(0, 8)}.`;
  await grantDocumented(prefix);
  const told = await openKafkaBus({
    brokers: [secured],
    clientId: 'cells',
    prefix,
    tls: { ca: authority },
    signIn: { mechanism: 'plain', username: 'cell', password: 'cell-secret' },
  });
  const own = openEmbeddedBus(':memory:');
  onTestFinished(async () => {
    await own.close();
    await told.close();
  });
  // All else goes to the cell's own brokers.
  const between: Bus = {
    ...own,
    publish: (topic, messages) => (topic === hubNews.name ? told : own).publish(topic, messages),
  };
  const evidence = await recordedStores();
  const cells = { alpha: cellOf('alpha'), beta: cellOf('beta') };
  const alpha = cellHere('alpha', evidence, between, cells.alpha.key);
  const beta = cellHere('beta', evidence, between, cells.beta.key);
  await alpha.report('a1');
  await alpha.tellHead();
  await beta.report('b1');
  const folder = ownFolder();
  const objects = renderedObjects(valuesOf(prefix, [cells.alpha.entry]));
  const hub = startService('api', containerEnvironment(folder, objects, SECRETS));
  const ask = async (path: string, token = TOKEN) =>
    fetch(`${await hub.url()}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const feeds = async () => {
    const { items } = (await (await ask('/api/v1/clusters')).json()) as Clusters;
    return items.map(({ name, told: how }) => [name, how!.feed!.state, how!.feed!.logged]);
  };
  await expect.poll(feeds, { timeout: 60_000, interval: 500 }).toEqual([['alpha', 'heard', 1]]);
  await expect.poll(async () => (await ask('/readyz')).json()).toMatchObject({ ready: true });
  expect((await ask('/api/v1/clusters', 'the token of somebody else')).status).toBe(401);
  // What is of no cell of it is set aside on the topic for that, and counted.
  const metrics = async () => (await ask('/metrics')).text();
  await expect.poll(metrics).toMatch(/margay_dead_letters_total\{[^}]*unknown-cluster[^}]*\} 1/);
  const all = await openKafkaBus({ brokers: [plain], clientId: 'test', prefix });
  onTestFinished(() => all.close());
  const aside: string[] = [];
  for await (const { key } of all.peek(`${hubNews.name}.dlq`)) aside.push(String(key));
  expect(aside).toEqual(['beta']);

  // It makes no other topics there.
  const there = (await (await admin()).listTopics()).filter((topic) => topic.startsWith(prefix));
  expect(there.sort()).toEqual([hubNews.name, `${hubNews.name}.dlq`].map((topic) => prefix + topic));

  // Another cell, as helm upgrade brings it: the process is started anew with the same folder.
  hub.end();
  const more = renderedObjects(valuesOf(prefix, [cells.alpha.entry, cells.beta.entry]));
  const next = startService('api', containerEnvironment(folder, more, SECRETS));
  await beta.report('b2');
  await alpha.report('a2');
  const answer = async () =>
    (await (
      await fetch(`${await next.url()}/api/v1/clusters`, { headers: { authorization: `Bearer ${TOKEN}` } })
    ).json()) as Clusters;
  await expect
    .poll(
      async () =>
        (await answer()).items.map(({ name, told: how }) => [name, how!.feed!.logged, how!.feed!.missing]),
      {
        timeout: 60_000,
        interval: 500,
      },
    )
    .toEqual([
      ['alpha', 2, []],
      ['beta', 2, [{ from: 0, to: 0 }]],
    ]);
});
