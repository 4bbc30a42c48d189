import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Cursor } from './cursor.ts';
import { openPositions } from './positions.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-positions-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'made');
}

const cursor = (line: number): Cursor => ({
  line,
  byte: line * 10,
  generation: 1,
  inode: 7,
  head: { bytes: 4, digest: 'd' },
});

test('a place is found again by the next process, each file’s its own', async () => {
  const folder = newFolder();
  const positions = await openPositions(folder);
  expect(await positions.get('/a/audit.log')).toBeUndefined();
  await positions.set('/a/audit.log', cursor(1));
  await positions.set('/b/audit.log', cursor(2));
  await positions.set('/a/audit.log', cursor(3));
  const next = await openPositions(folder);
  expect(await next.get('/a/audit.log')).toEqual(cursor(3));
  expect(await next.get('/b/audit.log')).toEqual(cursor(2));
  expect(readdirSync(folder)).toHaveLength(2);
});

test('a position is for its owner only, also in a folder that others may read', async () => {
  const folder = newFolder();
  mkdirSync(folder, { mode: 0o755 });
  const before = process.umask(0);
  onTestFinished(() => void process.umask(before));
  await (await openPositions(folder)).set('audit.log', cursor(1));
  expect(readdirSync(folder).map((file) => statSync(join(folder, file)).mode & 0o777)).toEqual([0o600]);
});

test('a position that cannot be read is said with its file', async () => {
  const folder = newFolder();
  const positions = await openPositions(folder);
  await positions.set('audit.log', cursor(1));
  writeFileSync(join(folder, readdirSync(folder)[0]!), '{"cur');
  await expect(positions.get('audit.log')).rejects.toThrow(/position-audit\.log-.*remove it/);
});

test('a position that cannot be written is said with the folder, and the place before stays', async () => {
  const folder = newFolder();
  const positions = await openPositions(folder);
  await positions.set('audit.log', cursor(1));
  mkdirSync(join(folder, `${readdirSync(folder)[0]!}.new`));
  await expect(positions.set('audit.log', cursor(2))).rejects.toThrow(
    /audit\.log was read to cannot be kept in .*made: EISDIR.*read again from the place before/,
  );
  expect(await positions.get('audit.log')).toEqual(cursor(1));
});
