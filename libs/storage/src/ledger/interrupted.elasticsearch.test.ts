import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { readCheckpoint, readEntry, rootFrom, signingKey, tilePath } from '@margay/ledger';
import { afterAll, describe, expect, test } from 'vitest';
import { elasticOf } from '../elasticsearch/connection.ts';
import { openElasticsearch } from '../elasticsearch.ts';
import { random } from '../testing/changes.ts';
import { logReports } from './append.ts';
import { elasticsearchLedger } from './elasticsearch.ts';
import type { Ledger } from './ledger.ts';

const url = process.env['MARGAY_TEST_ELASTICSEARCH'];
const prefix = `margay-test-${randomUUID().slice(0, 8)}`;
const key = signingKey('margay.example/c', new Uint8Array(32).fill(1));

const header = (i: number) => ({
  id: `r${i}`,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  start: 0,
  end: 1 + i,
  generatedAt: 9,
  digest: 'd',
  parts: [],
  content: {},
  sequence: 1,
  headerDigest: 'h',
});

/** The runs of the entries, once the tiles have been seen to make the root that was signed. */
async function runsOf(ledger: Ledger): Promise<string[]> {
  const head = await ledger.head();
  if (head === undefined) return [];
  const { size, root } = readCheckpoint(Buffer.from(head.checkpoint), [key]);
  const { tiles, compute } = rootFrom(size);
  const bytes = await ledger.tiles(tiles);
  const byPath = new Map(tiles.map((place, i) => [tilePath(place), bytes[i]!]));
  expect(compute((place) => byPath.get(tilePath(place))!)).toEqual(root);
  return (await ledger.entries(0, size)).map((entry) => readEntry(entry).run);
}

describe.skipIf(url === undefined)('a log in Elasticsearch', () => {
  const clients: Client[] = [];
  afterAll(async () => {
    for (const client of clients) await client.close();
  });

  test.each([1, 2, 3])('whose writers end at any request is whole after each of them (%i)', async (seed) => {
    const cluster = `c-${randomUUID()}`;
    const stores = await openElasticsearch({ nodes: [url ?? ''], prefix, cluster });
    // The first use puts the templates.
    await stores.history.summary();
    const next = random(seed);
    let ended = 0;
    for (let at = 0; at < 12;) {
      const client = new Client({ node: url ?? '' });
      clients.push(client);
      const perhaps = <T>(write: (request: object) => Promise<T>) =>
        (async (request: object) => {
          if (next() < 0.2) throw new Error('ended before');
          const answer = await write(request);
          if (next() < 0.2) throw new Error('ended after');
          return answer;
        }) as never;
      client.bulk = perhaps(client.bulk.bind(client) as never);
      client.index = perhaps(client.index.bind(client) as never);
      const ledger = elasticsearchLedger(elasticOf(client, cluster, prefix));
      try {
        for (; at < 12; at++) await logReports({ ...stores, ledger }, [header(at)], key);
      } catch (error) {
        expect((error as Error).message).toMatch(/^ended/);
        ended++;
      }
      const runs = await runsOf(stores.ledger);
      expect(runs).toEqual(Array.from(runs, (_, i) => `r${i}`));
    }
    expect(ended).toBeGreaterThan(0);
    expect(await runsOf(stores.ledger)).toHaveLength(12);
    await stores.close();
  });
});
