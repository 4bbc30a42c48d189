import { randomUUID } from 'node:crypto';
import { Client, UndiciConnection } from '@elastic/elasticsearch';
import type { Change, PolicyEvent } from '@margay/history';
import { afterAll, describe, expect, test } from 'vitest';
import { openElasticsearch } from '../elasticsearch.ts';
import { elasticsearchHistory } from '../history/elasticsearch.ts';
import { Refused } from '../refused.ts';
import { collect } from '../testing/collect.ts';
import { elasticsearchTrail } from '../trail/elasticsearch.ts';
import { bulk } from './bulk.ts';
import { elasticOf, quiet } from './connection.ts';

const url = process.env['MARGAY_TEST_ELASTICSEARCH'];
const prefix = `margay-test-${randomUUID().slice(0, 8)}`;
const EVER = { start: 0, end: 2 ** 52 };
const MEGABYTE = 1_000_000;

const event = (eventId: string, bytes: number, at = 20): PolicyEvent => ({
  eventId,
  at,
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  namespace: 'shop',
  name: 'deny-all',
  verb: 'update',
  outcome: 'done',
  event: { auditID: eventId, requestObject: { metadata: { annotations: { text: 'x'.repeat(bytes) } } } },
});

/** A change of a namespace that holds a long text. */
function change(name: string, what: 'present' | 'gone', at: number): Change {
  const id = `${name}-${what}`;
  const annotations = { text: name.repeat(3 * MEGABYTE) };
  return {
    id: `${id}#0`,
    eventId: id,
    what,
    group: '',
    resource: 'namespaces',
    namespace: '',
    name,
    uid: `uid-${name}`,
    resourceVersion: String(at),
    at,
    receivedAt: at,
    ...(what === 'present' && {
      content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, annotations } },
    }),
    origin: { source: 'audit.log', position: at },
  };
}

const idsOf = (events: readonly PolicyEvent[]) => events.map(({ eventId }) => eventId);

describe.skipIf(url === undefined)('large documents in Elasticsearch', () => {
  const clients: Client[] = [];
  afterAll(async () => {
    for (const client of clients) await client.close();
  });
  /** A trail of its own. @param maxResponseSize the most that an answer may have. */
  const newTrail = async (maxResponseSize?: number) => {
    const cluster = `c-${randomUUID()}`;
    const stores = await openElasticsearch({ nodes: [url ?? ''], prefix, cluster });
    // The first use puts the templates.
    await stores.history.summary();
    await stores.close();
    const client = new Client({
      node: url ?? '',
      Connection: quiet(UndiciConnection),
      ...(maxResponseSize !== undefined && { maxResponseSize }),
    });
    clients.push(client);
    const elastic = elasticOf(client, cluster, prefix);
    return { elastic, trail: elasticsearchTrail(elastic) };
  };

  test('many of some megabytes go in requests that are taken, and come back in answers that can be read', async () => {
    const { trail } = await newTrail(10 * MEGABYTE);
    const events = Array.from({ length: 10 }, (_, i) => event(String(i), i === 5 ? 10 : 3 * MEGABYTE));
    expect(await trail.append(events)).toBe(10);
    const found = await collect(trail.between(EVER));
    expect(idsOf(found)).toEqual(idsOf(events));
    expect(found).toEqual(events);
  });

  test('objects of which all together would be too much to hold are written in several goes', async () => {
    const { elastic } = await newTrail(10 * MEGABYTE);
    const history = elasticsearchHistory(elastic);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await history.append(names.map((name, i) => change(name, 'present', 100 + i)));
    await history.append(names.map((name, i) => change(name, 'gone', 200 + i)));
    const versions = await collect(history.versions(EVER));
    expect(versions.map(({ name, validFrom, validTo }) => [name, validFrom, validTo])).toEqual(
      names.map((name, i) => [name, 100 + i, 200 + i]),
    );
  });

  test('one that is too large for any request is named, and those beside it are written', async () => {
    const { trail } = await newTrail();
    const small = [event('a', 10), event('c', 10)];
    const appending = trail.append([small[0]!, event('huge', 110 * MEGABYTE), small[1]!]);
    await expect(appending).rejects.toThrow(Refused);
    await expect(appending).rejects.toThrow(
      /huge of .*trail-.* has 110\d+ bytes: raise its http\.max_content_length/,
    );
    expect(await trail.append(small)).toBeLessThan(2);
    expect(idsOf(await collect(trail.between(EVER)))).toEqual(['a', 'c']);
  });

  test.each([
    ['a number beyond what numbers can be', { at: 1e300 }],
    ['a text where a number belongs', { at: 'soon' }],
    ['an object where a text belongs', { name: { first: 'x' } }],
  ])('%s is refused for good', async (_, more) => {
    const { elastic } = await newTrail();
    const index = elastic.index('trail-2026.11');
    const writing = bulk(elastic, [
      { op: 'create', index, id: randomUUID(), document: { cluster: elastic.cluster, at: 20 } },
      { op: 'create', index, id: randomUUID(), document: { cluster: elastic.cluster, at: 20, ...more } },
    ]);
    await expect(writing).rejects.toThrow(Refused);
  });

  test('a field that no template has is a wrong index, and nothing is refused for good', async () => {
    const { elastic } = await newTrail();
    const document = { cluster: elastic.cluster, at: 20, unheardOf: 1 };
    const writing = bulk(elastic, [
      { op: 'create', index: elastic.index('trail-2026.11'), id: 'x', document },
    ]);
    const error: unknown = await writing.catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(Refused);
    expect(String(error)).toMatch(/does not have the mapping of this version/);
  });
});
