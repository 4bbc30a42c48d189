import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { signingKey } from '@margay/ledger';
import { afterAll, expect, test } from 'vitest';
import { checkArchive } from '../archive-check/check.ts';
import { openElasticsearch } from '../elasticsearch.ts';
import { logReports } from '../ledger/append.ts';
import { collect } from '../testing/collect.ts';
import type { Archive } from './archive.ts';
import { ArchiveDamaged, headerDamage } from './damaged.ts';

const node = process.env['MARGAY_TEST_ELASTICSEARCH']!;
const prefix = `margay-test-${randomUUID().slice(0, 8)}`;
const stores = await openElasticsearch({ nodes: [node], prefix, cluster: 'c' });
/** What an insider has. */
const client = new Client({ node });
afterAll(async () => {
  await client.indices.delete({ index: `${prefix}-*` }).catch(() => {});
  await client.close();
  await stores.close();
});

const END = 1_764_086_400_000_000;
const { archive } = stores;

async function archived(id: string, into = archive): Promise<void> {
  const part = await into.appendPart({
    reportId: id,
    end: END,
    part: 0,
    kind: 'a',
    rows: [{ is: false }],
  });
  await into.complete({
    id,
    cluster: 'c',
    reportName: 'daily',
    reportType: 'inventory',
    start: END - 1,
    end: END,
    generatedAt: END,
    digest: 'd',
    parts: [part],
    content: { says: 'false' },
  });
}

/** The documents of an index that are about something. */
async function documents(index: string, by: Record<string, string>) {
  await client.indices.refresh({ index: `${prefix}-${index}` });
  const { hits } = await client.search<Record<string, string>>({
    index: `${prefix}-${index}`,
    query: { term: by },
  });
  expect(hits.hits.length).toBeGreaterThan(0);
  return hits.hits.map(({ _index, _id, _source }) => ({ index: _index, id: _id!, source: _source! }));
}

/** Writes `true` in the place of `false` in a field of each of them. */
async function change(index: string, by: Record<string, string>, field: 'header' | 'rows') {
  for (const { source, ...place } of await documents(index, by)) {
    const text = source[field]!.replace('false', 'true');
    expect(text).not.toBe(source[field]);
    await client.index({ ...place, document: { ...source, [field]: text }, refresh: true });
  }
}

async function remove(index: string, by: Record<string, string>) {
  for (const { index: of, id } of await documents(index, by))
    await client.delete({ index: of, id, refresh: true });
}

const everything = (of: Archive, id: string) => [
  () => of.header(id),
  () => of.part(id, 0),
  () => collect(of.parts(id)),
];

test('a header or rows that somebody changed in Elasticsearch are not read, and lists go on with the others', async () => {
  for (const id of ['sound', 'header', 'rows']) await archived(id);
  await change('report-headers', { id: 'header' }, 'header');
  await change('report-parts-*', { reportId: 'rows' }, 'rows');
  for (const read of everything(archive, 'header'))
    await expect(read()).rejects.toThrow('header of report header was changed');
  for (const read of everything(archive, 'rows').slice(1))
    await expect(read()).rejects.toThrow('Part 0 of report rows was changed');
  expect(await collect(archive.parts('sound'))).toEqual([[{ is: false }]]);
  const { headers } = await archive.headers();
  expect(headers.map((header) => [header.id, headerDamage(header) === undefined])).toEqual([
    ['sound', true],
    ['rows', true],
    ['header', false],
  ]);
  // And the chain goes on, also behind an end that was changed.
  await change('report-chains', { reportName: 'daily' }, 'header');
  await archived('next');
  expect((await archive.header('next'))?.sequence).toBe(4);
  await remove('report-parts-*', { reportId: 'next' });
  await expect(archive.part('next', 0)).rejects.toBeInstanceOf(ArchiveDamaged);
  await expect(archive.part('next', 0)).rejects.toMatchObject({ isGone: true });
});

test('a check of the archive in Elasticsearch finds what was changed, removed and cut, and nothing where nobody did', async () => {
  const other = await openElasticsearch({ nodes: [node], prefix, cluster: 'checked' });
  const key = signingKey('margay.example/checked', new Uint8Array(32).fill(1));
  for (const id of ['checked-1', 'checked-2', 'checked-3', 'checked-4']) await archived(id, other.archive);
  // In two steps: what was appended last stands in the head too.
  const { headers } = await other.archive.headers();
  await logReports(other, headers.toReversed().slice(0, 3), key);
  await logReports(other, headers, key);
  const since = Buffer.from((await other.ledger.head())!.checkpoint);
  const found = async () => (await checkArchive(other, { keys: [key], since })).findings;
  expect(await found()).toEqual([]);

  await change('report-headers', { id: 'checked-1' }, 'header');
  await change('report-parts-*', { reportId: 'checked-2' }, 'rows');
  await remove('report-headers', { id: 'checked-3' });
  await remove('log-entries', { run: 'checked-2' });
  expect((await found()).map(({ kind, words }) => `${kind}: ${words}`)).toEqual([
    expect.stringMatching(/^removed: Entry 1 of the log is not there/),
    expect.stringMatching(/^changed: The header of report checked-1 was changed/),
    expect.stringMatching(/^removed: The chain of daily lacks number 3/),
    expect.stringMatching(/^changed: Part 0 of report checked-2 was changed/),
    expect.stringMatching(/^removed: Report checked-3 .* is entry 2 of the log/),
  ]);
  await other.close();
});
