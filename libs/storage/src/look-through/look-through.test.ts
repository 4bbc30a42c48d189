import {
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseIn, DatabaseUnusable } from '@margay/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbedded, type EmbeddedStores } from '../embedded.ts';
import { lookThrough, type LookedAt } from './look-through.ts';

const END = 1_764_086_400_000_000;

/** Stores with some megabytes of rows, closed in order. */
async function filled(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-look-through-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const stores = openEmbedded(folder);
  for (let part = 0; part < 50; part++)
    await stores.archive.appendPart({
      reportId: 'r',
      end: END,
      part,
      kind: 'a',
      rows: ['x'.repeat(100_000), part],
    });
  await stores.close();
  return folder;
}

function overwrite(path: string): void {
  const file = openSync(path, 'r+');
  const { size } = statSync(path);
  for (let at = Math.floor(size / 2 / 4_096) * 4_096; at < size - 4_096; at += 4_096)
    writeSync(file, Buffer.alloc(4_096, 0xa5), 0, 4_096, at);
  closeSync(file);
}

async function looked(folder: string): Promise<LookedAt[]> {
  const told: LookedAt[] = [];
  await lookThrough(databaseIn(folder), (each) => void told.push(each), new AbortController().signal);
  return told;
}

/** As of a file that is larger than what is looked through at a start. */
function openedUnchecked(folder: string): EmbeddedStores {
  const stores = openEmbedded(folder, { checkedBytesMax: 0 });
  onTestFinished(() => stores.close());
  return stores;
}

test('a file that is too large for the start is looked through behind it, table by table, while it is written', async () => {
  const folder = await filled();
  // It is not the one that was closed.
  utimesSync(databaseIn(folder), 1, 1);
  const stores = openedUnchecked(folder);
  expect(stores.isUnchecked).toBe(true);
  const looking = looked(folder);
  await stores.archive.appendPart({ reportId: 'r', end: END, part: 99, kind: 'a', rows: [] });
  const told = await looking;
  const { of } = told[0]!;
  expect(told).toEqual(Array.from({ length: of + 1 }, (_, done) => ({ done, of })));
});

test('damage is found, and told as at a start', async () => {
  const folder = await filled();
  overwrite(databaseIn(folder));
  const stores = openedUnchecked(folder);
  expect(stores.isUnchecked).toBe(true);
  const found = looked(folder);
  await expect(found).rejects.toThrow(DatabaseUnusable);
  await expect(found).rejects.toThrow(/margay\.db: the file is damaged/);
});

test('a file that cannot be read is not told to be damaged', async () => {
  const folder = await filled();
  renameSync(databaseIn(folder), `${databaseIn(folder)}.away`);
  await expect(looked(folder)).rejects.toThrow(/the file cannot be opened/);
});

test('what was looked through at the start, or is as it was left, needs no look', async () => {
  const folder = await filled();
  const asLeft = openedUnchecked(folder);
  expect(asLeft.isUnchecked).toBe(false);
  expect(openEmbedded(':memory:').isUnchecked).toBe(false);
});
