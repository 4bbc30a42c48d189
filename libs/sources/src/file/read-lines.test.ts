import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { Unreadable } from '../bytes/unreadable.ts';
import { readLines, type Line, type Place } from './read-lines.ts';

function fileOf(content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-lines-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'audit.log');
  writeFileSync(path, content);
  return path;
}

async function linesOf(path: string, from?: Place): Promise<Line[]> {
  const all: Line[] = [];
  for await (const batch of readLines(path, from)) all.push(...batch);
  return all;
}

test.each([
  ['', [], 'an empty file has no line'],
  ['a\n', ['1:a'], 'a line break ends a line and begins none'],
  ['a\nb', ['1:a', '2:b…'], 'a last line without a break may still be growing'],
  ['a\n\nb\n', ['1:a', '2:', '3:b'], 'an empty line counts'],
  ['é\n☃\n', ['1:é', '2:☃'], 'characters of several bytes'],
])('%j', async (content, expected) => {
  const shown = (line: Line) => `${line.number}:${line.text}${line.whole ? '' : '…'}`;
  expect((await linesOf(fileOf(content))).map(shown)).toEqual(expected);
  expect((await linesOf(fileOf(gzipSync(content)))).map(shown)).toEqual(expected);
});

test('reading goes on behind any line, in plain and compressed logs alike', async () => {
  const content = Array.from({ length: 50 }, (_, i) => 'x'.repeat(i * 7) + i).join('\n') + '\n';
  const plain = fileOf(content);
  const gzip = fileOf(gzipSync(content));
  const all = await linesOf(plain);
  for (const [i, line] of all.entries()) {
    const place = { line: line.number, byte: line.end };
    expect(await linesOf(plain, place)).toEqual(all.slice(i + 1));
    expect(await linesOf(gzip, place)).toEqual(all.slice(i + 1));
  }
});

test('a line of 50 MB is a line', async () => {
  const [first, long, last] = await linesOf(fileOf(`a\n${'y'.repeat(50_000_000)}\nb\n`));
  expect([first!.text, long!.text.length, last!.text]).toEqual(['a', 50_000_000, 'b']);
});

test('compressed data that ends too early gives every line before its end, then says so', async () => {
  const whole = gzipSync(Array.from({ length: 20_000 }, (_, i) => `line ${i} ${Math.sin(i)}`).join('\n'));
  const path = fileOf(whole.subarray(0, whole.length / 2));
  const seen: Line[] = [];
  await expect(
    (async () => {
      for await (const batch of readLines(path)) seen.push(...batch);
    })(),
  ).rejects.toThrow(Unreadable);
  expect(seen.length).toBeGreaterThan(1_000);
  expect(seen[1_000]!.text).toBe(`line 1000 ${Math.sin(1000)}`);
});

test('a missing file is the error of the file system', async () => {
  await expect(linesOf('/nowhere/audit.log')).rejects.toThrow('ENOENT');
});

test.each([
  ['empty lines', '\n'],
  ['lines of two letters', '{}\n'],
])('a million of %s come in small batches', async (_, line) => {
  let [lines, most] = [0, 0];
  for await (const batch of readLines(fileOf(line.repeat(1_000_000)))) {
    lines += batch.length;
    most = Math.max(most, batch.length);
  }
  expect(lines).toBe(1_000_000);
  expect(most).toBeLessThan(20_000);
});
