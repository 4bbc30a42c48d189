import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import type { PolicyEvent } from '@margay/history';
import { afterAll, describe, expect, test } from 'vitest';
import { arrivalsContract } from './arrivals/arrivals.contract.ts';
import { archiveContract } from './archive/archive.contract.ts';
import { cellContract } from './cell.contract.ts';
import { coverageContract } from './coverage/coverage.contract.ts';
import { flowsContract } from './flows/flows.contract.ts';
import { foldedAnewContract } from './history/folded-anew.contract.ts';
import { historyContract } from './history/history.contract.ts';
import { sessionsContract } from './sessions/sessions.contract.ts';
import { ledgerContract } from './ledger/ledger.contract.ts';
import type { Stores } from './stores.ts';
import { story } from './testing/changes.ts';
import { collect } from './testing/collect.ts';
import { TRAIL_TEMPLATE } from './trail/elasticsearch.ts';
import { ANY_CLUSTER } from './asides/asides.ts';
import { listsContract } from './lists/lists.contract.ts';
import { asidesContract } from './asides/asides.contract.ts';
import { tellersContract } from './tellers/tellers.contract.ts';
import { trailContract } from './trail/trail.contract.ts';
import { windowsContract } from './windows/windows.contract.ts';
import { Away } from '@margay/runtime';
import { openElasticsearch, openElasticsearchCell } from './elasticsearch.ts';

const url = process.env['MARGAY_TEST_ELASTICSEARCH'];
const nodes = url === undefined ? [] : [url];
const prefix = `margay-test-${randomUUID().slice(0, 8)}`;
const opened: Stores[] = [];

/** Every test has a cluster of its own in the same indices, so that clusters are seen to stay apart. */
const open = async () => {
  const stores = await openElasticsearch({ nodes, prefix, cluster: `c-${randomUUID()}` });
  opened.push(stores);
  return stores;
};

describe.skipIf(url === undefined)('on Elasticsearch', () => {
  afterAll(async () => {
    for (const stores of opened) await stores.close();
  });
  historyContract('Elasticsearch', async () => (await open()).history);
  foldedAnewContract('Elasticsearch', async () => {
    const cluster = `c-${randomUUID()}`;
    const stores = await openElasticsearch({ nodes, prefix, cluster });
    opened.push(stores);
    const client = new Client({ node: url! });
    const changed = async (names: readonly string[], isEndless: boolean) => {
      await client.indices.refresh({ index: `${prefix}-*` });
      for (const name of names) {
        const { hits } = await client.search<Record<string, unknown>>({
          index: `${prefix}-versions-*`,
          query: { bool: { filter: [{ term: { cluster } }, { term: { name } }] } },
          sort: [{ validFrom: 'asc' }],
          size: 1,
          version: true,
        });
        const [{ _index: index, _id: id, _source: source, _version: version }] = hits.hits as [
          (typeof hits.hits)[0],
        ];
        const { validTo: _, ...document } = source!;
        const place = { index, id: id!, version: version!, version_type: 'external_gte' as const };
        if (isEndless) await client.index({ ...place, document });
        const keys = `${prefix}-keys`;
        const mark = await client.get<Record<string, unknown>>({ index: keys, id: String(document['key']) });
        const { fold: __, ...older } = mark._source!;
        await client.index({ index: keys, id: mark._id, document: older });
      }
      await client.indices.refresh({ index: `${prefix}-*` });
      await client.close();
      return stores;
    };
    return {
      stores,
      spoil: (names) => changed(names, true),
      forget: (names) => changed(names, false),
    };
  });
  cellContract('Elasticsearch', async (clusters) => {
    const own = `margay-test-${randomUUID().slice(0, 8)}`;
    const cell = await openElasticsearchCell({ nodes, prefix: own }, clusters);
    opened.push(cell.of(clusters[0]!));
    return cell;
  });
  flowsContract('Elasticsearch', async () => (await open()).flows);
  coverageContract('Elasticsearch', async () => (await open()).coverage);
  tellersContract('Elasticsearch', open);
  asidesContract('Elasticsearch', open);
  listsContract('Elasticsearch', open);
  trailContract('Elasticsearch', async () => (await open()).trail);
  arrivalsContract('Elasticsearch', open);
  archiveContract('Elasticsearch', async () => (await open()).archive);
  ledgerContract('Elasticsearch', open);
  windowsContract('Elasticsearch', async () => (await open()).windows);
  sessionsContract('Elasticsearch', async () => (await open()).sessions);

  test('a window of which a month was deleted since it was computed is not whole any more', async () => {
    const own = `margay-test-${randomUUID().slice(0, 8)}`;
    const stores = await openElasticsearch({ nodes, prefix: own, cluster: 'c' });
    opened.push(stores);
    const at = 1_793_491_200_000_000;
    await stores.trail.append(
      [at, at + 40 * 86_400_000_000].map((instant, i) => ({
        eventId: `e${i}`,
        at: instant,
        group: 'networking.k8s.io',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'web',
        verb: 'delete',
        outcome: 'done' as const,
        event: {},
      })),
    );
    const place = await stores.arrivals.place();
    const whole = (start: number) =>
      stores.arrivals.isWhole({ place, window: { start, end: start + 86_400_000_000 } });
    expect([await whole(at), await whole(at + 40 * 86_400_000_000)]).toEqual([true, true]);
    await fetch(`${url}/${own}-trail-2026.11`, { method: 'DELETE' });
    expect([await whole(at), await whole(at + 40 * 86_400_000_000)]).toEqual([false, true]);
  });

  test('what was set aside of a cluster that is none of a cell is open in the one that has it, and makes nothing in others', async () => {
    const own = `margay-test-${randomUUID().slice(0, 8)}`;
    const [without, beside] = await Promise.all(
      [['alpha'], ['alpha', 'beta']].map((clusters) =>
        openElasticsearchCell({ nodes, prefix: own }, clusters),
      ),
    );
    opened.push(without!.of('alpha'), beside!.of('alpha'));
    const aside = { place: 't/0@1/5', topic: 't', what: 'everything', after: 10, before: 11 } as const;
    // Before anything was set aside there is no index.
    await beside!.of('beta').asides.settle([aside.place]);
    await without!.asidesOf('beta')!.append([aside]);
    expect(await beside!.of('beta').asides.open()).toEqual([aside]);
    expect(await beside!.of('alpha').asides.open()).toEqual([]);
    const ofAny = { ...aside, place: 't/0@2-9/5', message: 'Messages are gone.', except: ['alpha'] };
    await without!.asidesOf(ANY_CLUSTER)!.append([ofAny]);
    expect(await beside!.of('beta').asides.open()).toEqual(expect.arrayContaining([aside, ofAny]));
    expect(await beside!.of('alpha').asides.open()).toEqual([]);
    await beside!.of('beta').asides.settle([aside.place]);
    expect(await beside!.of('beta').asides.open()).toEqual([ofAny]);
    expect(() => without!.of('beta')).toThrow(/known are alpha/);
  });

  test('what is in a closed index is not left out without a word: it is named, with what to do', async () => {
    const own = `margay-test-${randomUUID().slice(0, 8)}`;
    const cell = await openElasticsearchCell({ nodes, prefix: own }, ['alpha', 'beta']);
    opened.push(cell.of('alpha'));
    const { history, archive, tellers, asides } = cell.of('alpha');
    const ever = { start: 0, end: 2 ** 52 };
    await history.append(story({ seed: 1, changes: 20, keys: 2 }));
    await tellers.append([{ what: 'object', teller: 'a', uid: 'x' }]);
    await asides.append([{ place: 't/0@1/5', topic: 't', what: 'trail', after: 1, before: 2 }]);
    await archive.complete({
      id: 'daily-1',
      cluster: 'alpha',
      reportName: 'daily',
      reportType: 'inventory',
      start: 0,
      end: 1,
      generatedAt: 2,
      digest: 'd',
      parts: [],
      content: {},
    });
    const versions = await collect(history.versions(ever));
    expect(versions).not.toEqual([]);
    const reads: [string, () => Promise<unknown>][] = [
      ['versions-2025.11', () => collect(history.versions(ever))],
      ['changes-2025.11', () => history.span()],
      ['report-headers', () => archive.headers({ limit: 1 })],
      ['report-chains', () => archive.newest()],
      ['tellers', () => tellers.tellersOf(['x'])],
      ['asides', () => asides.open()],
    ];
    for (const [index, read] of reads) {
      const name = `${own}-${index}`;
      await read();
      expect((await fetch(`${url}/${name}/_close`, { method: 'POST' })).status).toBe(200);
      await expect(read()).rejects.toThrow(new RegExp(`closed ${name}[,)].*open it`));
      if (index === 'report-chains')
        expect([...(await cell.newest())].map(([of, { status }]) => [of, status])).toEqual([
          ['alpha', 'rejected'],
          ['beta', 'rejected'],
        ]);
      expect((await fetch(`${url}/${name}/_open`, { method: 'POST' })).status).toBe(200);
      await expect.poll(() => read().then(() => 'read', String), { timeout: 20_000 }).toBe('read');
    }
    expect(await collect(history.versions(ever))).toEqual(versions);
  });

  test('indices of an older release get the fields that came later', async () => {
    const older = `margay-test-${randomUUID().slice(0, 8)}`;
    const { outcome: _, ...properties } = TRAIL_TEMPLATE.properties;
    const made = await fetch(`${url}/${older}-trail-2026.11`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mappings: { dynamic: 'strict', properties } }),
    });
    expect(made.status).toBe(200);
    const stores = await openElasticsearch({ nodes, prefix: older, cluster: 'c' });
    opened.push(stores);
    const at = 1_793_491_200_000_000;
    const event: PolicyEvent = {
      eventId: 'e',
      at,
      group: 'networking.k8s.io',
      resource: 'networkpolicies',
      namespace: 'shop',
      name: 'web',
      verb: 'delete',
      outcome: 'unsettled',
      event: {},
    };
    expect(await stores.trail.append([event])).toBe(1);
    expect(await collect(stores.trail.between({ start: at, end: at + 1 }))).toEqual([event]);
  });
});

test('a node that does not answer is named, with what to do', async () => {
  const stores = await openElasticsearch({ nodes: ['http://127.0.0.1:1'], cluster: 'c' });
  const looking = stores.windows.list();
  await expect(looking).rejects.toThrow(/127\.0\.0\.1:1.*No node answers/);
  await expect(looking).rejects.toBeInstanceOf(Away);
  await stores.close();
}, 60_000);
