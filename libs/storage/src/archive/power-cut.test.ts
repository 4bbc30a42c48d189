import { cpSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbedded } from '../embedded.ts';
import { collect } from '../testing/collect.ts';
import { isIntact } from './digests.ts';

const REPORTS = 6;
const rowsOf = (n: number) => Array.from({ length: 40 }, (_, i) => ({ endpoint: `pod-${n}-${i}` }));

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-archive-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Archives the reports that a folder does not have, as a worker does, and closes the stores only where they are asked for. */
async function archived(folder: string) {
  const stores = openEmbedded(folder);
  for (let n = 0; n < REPORTS; n++) {
    const [id, end] = [`r${n}`, 1_000_000 * (n + 1)];
    const parts = [];
    for (const part of [0, 1])
      parts.push(await stores.archive.appendPart({ reportId: id, end, part, kind: 'a', rows: rowsOf(n) }));
    await stores.archive.complete({
      id,
      cluster: 'c',
      reportName: 'daily',
      reportType: 'inventory',
      start: end - 1_000_000,
      end,
      generatedAt: end,
      digest: `digest of ${id}`,
      parts,
      content: {},
    });
  }
  return stores;
}

test('whatever the end of the log that is lost: what is listed is whole, and the rest can be archived again', async () => {
  const folder = newFolder();
  const stores = await archived(folder);
  const all = (await stores.archive.headers()).headers;
  const image = newFolder();
  cpSync(folder, image, { recursive: true });
  await stores.close();
  const listed = new Set<number>();
  for (let share = 0; share <= 1; share += 0.1) {
    const cut = newFolder();
    cpSync(image, cut, { recursive: true });
    const log = join(cut, 'margay.db-wal');
    truncateSync(log, Math.floor(statSync(log).size * share));
    const after = openEmbedded(cut);
    const { headers } = await after.archive.headers();
    // The first of them: what is lost is the end. The newest is listed first.
    expect(headers).toEqual(all.slice(REPORTS - headers.length));
    for (const header of headers) {
      const n = Number(header.id.slice(1));
      expect(isIntact(header)).toBe(true);
      expect(await collect(after.archive.parts(header.id))).toEqual([rowsOf(n), rowsOf(n)]);
    }
    listed.add(headers.length);
    await after.close();
    const again = await archived(cut);
    expect((await again.archive.headers()).headers).toEqual(all);
    await again.close();
  }
  expect(listed.size).toBeGreaterThan(3);
});
