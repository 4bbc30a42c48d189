import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, type estypes } from '@elastic/elasticsearch';
import type { Change, PolicyEvent } from '@margay/history';
import { signingKey } from '@margay/ledger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HISTORY_TEMPLATES } from './history/elastic-documents.ts';
import { elasticOf } from './elasticsearch/connection.ts';
import { putTemplates } from './elasticsearch/templates.ts';
import type { Newest } from './cell.ts';
import { openElasticsearchCell, type ElasticsearchCell } from './elasticsearch.ts';
import { checkLog, logReports } from './ledger/append.ts';
import { ledgerKeyFor } from './ledger/key.ts';
import type { Stores } from './stores.ts';
import { BEGUN, readAsBefore, WEB } from './testing/before-clusters/read.ts';
import { collect } from './testing/collect.ts';
import { clusterUidOf } from './tellers/cluster-uid.ts';

const url = process.env['MARGAY_TEST_ELASTICSEARCH'];
const kept = (name: string) =>
  readFileSync(new URL(`testing/before-clusters/${name}`, import.meta.url), 'utf8');
const KEY = signingKey('margay.example/old', new Uint8Array(32).fill(3));
const WINDOW = { start: BEGUN, end: BEGUN + 100 };

/** A line of what was in the indices: an index, or a document of one. */
type Line =
  | { readonly index: string; readonly mappings: estypes.MappingTypeMapping }
  | { readonly index: string; readonly id: string; readonly version: number; readonly document: object };

/** Puts what an older version had written into indices of another prefix, with the mappings that they had. */
async function restored(client: Client, prefix: string, name: string): Promise<void> {
  const lines = kept(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  for (const line of lines)
    if ('mappings' in line)
      await client.indices.create({ index: `${prefix}-${line.index}`, mappings: line.mappings });
  const operations = lines.flatMap((line) =>
    'mappings' in line
      ? []
      : [
          {
            index: {
              _index: `${prefix}-${line.index}`,
              _id: line.id,
              version: line.version,
              version_type: 'external' as const,
            },
          },
          line.document,
        ],
  );
  const { errors } = await client.bulk({ operations, refresh: true });
  expect(errors).toBe(false);
}

const readWhole = async (stores: Stores) => ({
  ...(await readAsBefore(stores)),
  versions: await collect(stores.history.versions(WINDOW)),
  repeats: await stores.history.repeats({ start: BEGUN - 60_000_000, end: BEGUN + 60_000_000 }),
  trail: await collect(stores.trail.between(WINDOW)),
  position: await stores.coverage.position('audit.log@0123456789abcdef'),
  lastEnd: await stores.windows.lastEnd('daily'),
  appeared: await stores.windows.appeared('daily', BEGUN + 999),
});
type Whole = Awaited<ReturnType<typeof readWhole>>;

/** As it travels and is kept: without what is undefined. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** An event was refused or not, before there were outcomes. */
const inWordsOfToday = ({ trail, ...others }: Whole) => ({
  ...others,
  trail: trail.map((event) => {
    const { refused, ...kept } = event as PolicyEvent & { readonly refused?: boolean };
    return refused === undefined ? kept : { ...kept, outcome: refused ? 'refused' : 'done' };
  }),
});

describe.skipIf(url === undefined).each([
  { version: 'the last one that did not tell clusters apart', name: 'elasticsearch' },
  { version: 'the first one', name: 'elasticsearch-first' },
])('indices of $version', ({ name }) => {
  const expected = JSON.parse(kept(`${name}.json`)) as Record<string, Whole>;
  const isLogged = expected['alpha']!.head !== undefined;
  const prefix = `margay-test-${randomUUID().slice(0, 8)}`;
  const opened: ElasticsearchCell[] = [];
  let client: Client;

  /** What a service does that starts. */
  const start = async () => {
    const cell = await openElasticsearchCell({ nodes: [url!], prefix }, ['alpha', 'beta', 'gamma']);
    opened.push(cell);
    return cell;
  };
  const read = async (stores: Stores) => {
    const { head, entries, ...others } = plain(await readWhole(stores));
    return isLogged ? { ...others, head, entries } : others;
  };

  beforeAll(async () => {
    client = new Client({ node: url! });
    await restored(client, prefix, `${name}.ndjson`);
  });
  afterAll(async () => {
    for (const cell of opened) await cell.close();
    await client.close();
  });

  test('are read by cluster as that version read them, by services that start at once, after one that ended in its start', async () => {
    await putTemplates(elasticOf(client, 'alpha', prefix), HISTORY_TEMPLATES.slice(0, 2));
    const cells = await Promise.all([start(), start(), start()]);
    const all = await Promise.all(cells.map((cell) => read(cell.of('beta'))));
    for (const one of all) expect(one).toEqual(inWordsOfToday(expected['beta']!));
    expect(await read(cells[0]!.of('alpha'))).toEqual(inWordsOfToday(expected['alpha']!));
  });

  test('answer what only later versions ask: which names were told, what was seen first, what came later', async () => {
    const { history, arrivals } = (await start()).of('alpha');
    const begins = { ...WEB, name: 'we', isBeginning: true } as const;
    const others = [
      { ...WEB, name: 'we' },
      { ...begins, name: 'webs' },
      { ...begins, namespace: 'sho' },
    ];
    expect(await history.told([WEB, begins, ...others], BEGUN + 4)).toEqual([WEB, begins]);
    expect(await history.told([WEB], BEGUN + 3)).toEqual([]);
    const sights = async (from: number, before: number) =>
      (await collect(history.firstSights({ from, before }))).toSorted((a, b) => a.at - b.at);
    const seen = { ...WEB, uid: 'uid-alpha-web' };
    expect(await sights(BEGUN + 3, BEGUN + 100)).toEqual([{ ...seen, at: BEGUN + 3 }]);
    expect(await sights(BEGUN + 4, BEGUN + 100)).toEqual([{ ...seen, at: BEGUN + 40 }]);
    expect((await sights(0, BEGUN + 40)).map((one) => one.name)).toEqual(['kube-system', 'shop', 'web']);
    // Of four changes and one refusal.
    const [late] = await arrivals.later([{ place: {}, window: WINDOW }]);
    expect(late).toEqual({ events: 5, derivedAnew: 0, flows: 1, deliveries: 1 });
  });

  test('take the same evidence again without a second version, and later evidence as what follows', async () => {
    const { history, coverage } = (await start()).of('alpha');
    const versions = async () => plain(await collect(history.versions(WINDOW)));
    const before = await versions();
    const changes = await history.changesOf(WEB);
    expect(await history.append(changes)).toEqual({ applied: 0, repeated: 0 });
    await coverage.append(await coverage.marks());
    expect(await versions()).toEqual(before);

    const [at, eventId] = [BEGUN + 50, 'e50'];
    const gone: Change = { ...changes.at(-1)!, id: 'e50#0', eventId, what: 'gone', at, receivedAt: at };
    expect(await history.append([gone])).toEqual({ applied: 1, repeated: 0 });
    expect((await versions()).filter((one) => one.name === 'web')).toMatchObject([
      { resourceVersion: '3', validFrom: BEGUN + 3, validTo: BEGUN + 40 },
      { resourceVersion: '40', validFrom: BEGUN + 40, validTo: at },
    ]);
    const now = { ...changes[0]!, id: 'e60#0', eventId: 'e60', resourceVersion: '60', uid: 'another' };
    await history.append([{ ...now, at: BEGUN + 60, receivedAt: BEGUN + 60 }]);
    const first = await collect(history.firstSights({ from: BEGUN + 41, before: BEGUN + 100 }));
    expect(first).toEqual([{ ...WEB, uid: 'another', at: BEGUN + 60 }]);
    const all = await collect(history.firstSights({ from: BEGUN + 3, before: BEGUN + 100 }));
    expect(all).toEqual([{ ...WEB, uid: 'uid-alpha-web', at: BEGUN + 3 }]);
  });

  test('go on: chains and logs of reports are continued, and another cluster may join', async () => {
    const cell = await start();
    for (const cluster of ['alpha', 'beta']) {
      const stores = cell.of(cluster);
      // By which the cluster is told from another one of its name from now on.
      expect(await clusterUidOf(stores)).toBe(`uid-${cluster}-kube-system`);
      const [first] = expected[cluster]!.headers;
      const report = { ...first!, id: 'daily-2', end: BEGUN + 200, digest: 'of the second', parts: [] };
      const next = await stores.archive.complete(report);
      expect(next).toMatchObject({ cluster, sequence: 2, previous: first!.headerDigest });
      // Both logs were signed by one key, and go on so; where there was none, each has a name of its own.
      const key = (await ledgerKeyFor(KEY, stores, cluster, cell.clusters))!;
      expect(key.name).toBe(isLogged ? KEY.name : `${KEY.name}/${cluster}`);
      await logReports(stores, [...expected[cluster]!.headers, next], key);
      expect(await stores.ledger.head()).toMatchObject({ size: 2 });
      await checkLog(stores.ledger, key);
    }
    const gamma = cell.of('gamma');
    expect(await readAsBefore(gamma)).toMatchObject({ marks: [], contacts: [], headers: [], windows: [] });
    expect(await gamma.history.span()).toBeUndefined();
    const idsOf = (newest: Newest) =>
      newest.status === 'fulfilled' ? newest.value.map(({ id }) => id) : newest.reason;
    expect([...(await cell.newest())].map(([of, newest]) => [of, idsOf(newest)])).toEqual([
      ['alpha', ['daily-2']],
      ['beta', ['daily-2']],
      ['gamma', []],
    ]);
  });
});
