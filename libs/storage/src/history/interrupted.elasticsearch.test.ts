import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { afterAll, describe, expect, test } from 'vitest';
import { elasticOf } from '../elasticsearch/connection.ts';
import { openElasticsearch } from '../elasticsearch.ts';
import { namespaces, random, story } from '../testing/changes.ts';
import { collect } from '../testing/collect.ts';
import { elasticsearchHistory } from './elasticsearch.ts';
import { expectedVersions } from './history.contract.ts';

const url = process.env['MARGAY_TEST_ELASTICSEARCH'];
const prefix = `margay-test-${randomUUID().slice(0, 8)}`;
const EVER = { start: 0, end: 2 ** 52 };

describe.skipIf(url === undefined)('a history in Elasticsearch', () => {
  const clients: Client[] = [];
  const newClient = () => {
    const client = new Client({ node: url ?? '' });
    clients.push(client);
    return client;
  };
  afterAll(async () => {
    for (const client of clients) await client.close();
  });
  const newCluster = async () => {
    const cluster = `c-${randomUUID()}`;
    const stores = await openElasticsearch({ nodes: [url ?? ''], prefix, cluster });
    // The first use puts the templates.
    await stores.history.summary();
    await stores.close();
    return cluster;
  };

  test.each([1, 2, 3, 4, 5, 6])(
    'whose writers end at any request is whole after the last one (%i)',
    async (seed) => {
      const cluster = await newCluster();
      const next = random(seed);
      const told = [...namespaces(), ...story({ seed, changes: 120, keys: 5 })];
      for (let at = 0; at < told.length;) {
        // A writer with an empty memory, which may end before or after any of its writes.
        const client = newClient();
        const write = client.bulk.bind(client) as (request: object) => Promise<never>;
        client.bulk = (async (request: object) => {
          if (next() < 0.2) throw new Error('ended before');
          const answer = await write(request);
          if (next() < 0.2) throw new Error('ended after');
          return answer;
        }) as never;
        const history = elasticsearchHistory(elasticOf(client, cluster, prefix));
        try {
          while (at < told.length) {
            const size = 1 + Math.floor(next() * 20);
            await history.append(told.slice(at, at + size));
            at += size;
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/^ended/);
        }
      }
      const history = elasticsearchHistory(elasticOf(newClient(), cluster, prefix));
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(told));
      for (const kind of await history.summary()) {
        expect(kind.changes).toBe(told.filter(({ resource }) => resource === kind.resource).length);
      }
    },
  );

  test('is not undone by a writer that was left behind, wakes up, writes and ends', async () => {
    const cluster = await newCluster();
    const told = story({ seed: 8, changes: 60, keys: 2 });
    const client = newClient();
    const write = client.bulk.bind(client) as (request: object) => Promise<unknown>;
    const sleeping = Promise.withResolvers<void>();
    let requests = 0;
    client.bulk = (async (request: object) => {
      requests++;
      // The first request creates the changes, the second writes versions and comes late, a third never comes.
      if (requests === 2) await sleeping.promise;
      if (requests > 2) throw new Error('ended');
      return write(request);
    }) as never;
    const old = elasticsearchHistory(elasticOf(client, cluster, prefix)).append(told.slice(0, 10));
    const current = elasticsearchHistory(elasticOf(newClient(), cluster, prefix));
    while (requests < 2) await new Promise((wake) => setTimeout(wake, 10));
    for (let at = 0; at < told.length; at += 20) await current.append(told.slice(at, at + 20));
    sleeping.resolve();
    await expect(old).rejects.toThrow('ended');
    expect(await collect(current.versions(EVER))).toEqual(expectedVersions(told));
  });
});
