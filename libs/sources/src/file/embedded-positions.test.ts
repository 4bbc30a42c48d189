import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Cursor } from './cursor.ts';
import { openEmbeddedPositions } from './embedded-positions.ts';
import { openPositions } from './positions.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-positions-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const cursor = (line: number): Cursor => ({ line, byte: line * 10, generation: 1, inode: 7 });

test('a place is found again by the next process, and by another reader of this one', async () => {
  const folder = newFolder();
  const [one, other] = [await openEmbeddedPositions(folder), await openEmbeddedPositions(folder)];
  expect(await one.get('/a/audit.log')).toBeUndefined();
  await one.set('/a/audit.log', cursor(1));
  await other.set('/b/audit.log', cursor(2));
  await one.set('/a/audit.log', cursor(3));
  expect(await other.get('/a/audit.log')).toEqual(cursor(3));
  one.close();
  other.close();
  const next = await openEmbeddedPositions(folder);
  expect(await next.get('/a/audit.log')).toEqual(cursor(3));
  expect(await next.get('/b/audit.log')).toEqual(cursor(2));
  next.close();
});

test('places that an older release kept in a folder are taken in', async () => {
  const folder = newFolder();
  const older = await openPositions(join(folder, 'positions'));
  await older.set('/a/audit.log', cursor(5));
  const positions = await openEmbeddedPositions(folder);
  expect(await positions.get('/a/audit.log')).toEqual(cursor(5));
  expect(existsSync(join(folder, 'positions'))).toBe(false);
  positions.close();
});
