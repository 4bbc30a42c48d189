import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { Cursor } from './cursor.ts';
import { followLines } from './follow-lines.ts';

/** A log, and a reader of it that collects `generation:line text` until it is stopped. */
function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'margay-follow-'));
  const log = join(folder, 'audit.log');
  const stops: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true });
  });
  const follow = (from?: Cursor) => {
    const controller = new AbortController();
    const reader = { seen: [] as string[], cursor: from, lost: 0, stop: () => Promise.resolve() };
    const finished = (async () => {
      for await (const { lines, cursor, lost } of followLines(log, from, controller.signal)) {
        reader.seen.push(...lines.map(({ text, number }) => `${cursor.generation}:${number} ${text}`));
        reader.cursor = cursor;
        if (lost) reader.lost++;
      }
    })();
    reader.stop = () => (controller.abort(), finished);
    stops.push(reader.stop);
    return reader;
  };
  return { folder, log, follow };
}

const reaches = (read: () => unknown, expected: unknown) =>
  expect.poll(read, { timeout: 10_000, interval: 20 }).toEqual(expected);

test('lines come as they are written, a half-written one when it is whole', async () => {
  const { log, follow } = setUp();
  const reader = follow();
  writeFileSync(log, 'a\nb');
  await reaches(() => reader.seen, ['1:1 a']);
  appendFileSync(log, 'b\nc\n');
  await reaches(() => reader.seen, ['1:1 a', '1:2 bb', '1:3 c']);
});

test('a rotated file is read to its end before the new one', async () => {
  const { folder, log, follow } = setUp();
  writeFileSync(log, 'a\n');
  const reader = follow();
  await reaches(() => reader.seen, ['1:1 a']);
  appendFileSync(log, 'b\n');
  renameSync(log, join(folder, 'audit-1.log'));
  writeFileSync(log, 'c\n');
  await reaches(() => reader.seen, ['1:1 a', '1:2 b', '2:1 c']);
});

test.each([
  ['renamed', (old: string) => writeFileSync(old, 'a\nb\nc\n')],
  [
    'renamed and compressed',
    (old: string) => (writeFileSync(`${old}.gz`, gzipSync('a\nb\nc\n')), unlinkSync(old)),
  ],
])('after a restart, the rest of a file that was %s meanwhile comes first', async (_, rotate) => {
  const { folder, log, follow } = setUp();
  writeFileSync(log, 'a\n');
  const before = follow();
  await reaches(() => before.seen, ['1:1 a']);
  await before.stop();

  renameSync(log, join(folder, 'audit-1.log'));
  rotate(join(folder, 'audit-1.log'));
  writeFileSync(log, 'd\n');
  const after = follow(before.cursor);
  await reaches(() => after.seen, ['1:2 b', '1:3 c', '2:1 d']);
  expect(after.lost).toBe(0);
});

test('a rotated file that is gone is a loss that is told', async () => {
  const { log, follow } = setUp();
  writeFileSync(log, 'a\n');
  const before = follow();
  await reaches(() => before.seen, ['1:1 a']);
  await before.stop();
  unlinkSync(log);
  writeFileSync(log, 'something else\n');
  const after = follow(before.cursor);
  await reaches(() => [after.lost, after.seen], [1, ['2:1 something else']]);
});

test.each([
  ['shorter than before', 'z\n'],
  ['longer than before', 'zzzzzzzzzzzz\ny\n'],
])('a truncated log that is now %s begins anew', async (_, content) => {
  const { log, follow } = setUp();
  writeFileSync(log, 'a\nb\n');
  const reader = follow();
  await reaches(() => reader.seen.length, 2);
  truncateSync(log);
  appendFileSync(log, content);
  const expected = content
    .trimEnd()
    .split('\n')
    .map((text, i) => `2:${i + 1} ${text}`);
  await reaches(() => reader.seen.slice(2), expected);
});

test('nothing comes twice after a restart in the middle', async () => {
  const { log, follow } = setUp();
  writeFileSync(log, 'a\nb\nhal');
  const before = follow();
  await reaches(() => before.seen.length, 2);
  await before.stop();
  appendFileSync(log, 'f\n');
  const after = follow(before.cursor);
  await reaches(() => after.seen, ['1:3 half']);
});
