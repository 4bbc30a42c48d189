import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderFor } from './folder-for.ts';
import { openPositions } from './positions.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-destination-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'made');
}

const cursor = { line: 1, byte: 10, generation: 1, inode: 7, head: { bytes: 4, digest: 'd' } };
const of = (CLUSTER_NAME: string, KAFKA_TOPIC_PREFIX = '') => ({ CLUSTER_NAME, KAFKA_TOPIC_PREFIX });

test.each([
  ['another cluster', of('old'), of('new')],
  ['topics of another prefix', of('old'), of('old', 'second.')],
  ['a cluster that is called as another one with its prefix', of('old', 'eu.'), of('eu.old')],
])('%s begins anew in the same folder, and the first goes on where it was', async (_, first, other) => {
  const folder = newFolder();
  await (await openPositions(folderFor(folder, first))).set('audit.log', cursor);
  const others = await openPositions(folderFor(folder, other));
  expect(await others.get('audit.log')).toBeUndefined();
  await others.set('audit.log', { ...cursor, line: 2 });
  expect(await (await openPositions(folderFor(folder, first))).get('audit.log')).toEqual(cursor);
  expect(await (await openPositions(folderFor(folder, other))).get('audit.log')).toMatchObject({ line: 2 });
});

test('what a release kept that did not say whose it was is that of who goes on with it', async () => {
  const folder = newFolder();
  await (await openPositions(folder)).set('audit.log', cursor);
  expect(await (await openPositions(folderFor(folder, of('old')))).get('audit.log')).toEqual(cursor);
});

test('whose it is is for its owner only', () => {
  const folder = newFolder();
  folderFor(folder, of('old'));
  expect([folder, join(folder, 'destination')].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o600,
  ]);
});

test('where whose it is cannot be read nothing is taken for anybody’s', () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'destination'), { recursive: true });
  expect(() => folderFor(folder, of('old'))).toThrow(/made\/destination, which cannot be used: EISDIR/);
});
