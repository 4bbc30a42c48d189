import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from './make-folder.ts';

const own = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-folder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

test('those above it are made, and what is there stays as it is', () => {
  const folder = own();
  const deep = join(folder, 'a', 'b');
  makeFolder(deep, 0o700);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  makeFolder(deep, 0o755);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
});

test('a file in its place or above it is an error', () => {
  const file = join(own(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow('EEXIST');
  expect(() => makeFolder(join(file, 'a'))).toThrow('ENOTDIR');
});

test.runIf(process.platform === 'linux')('where nobody can make any, that is said at once', () => {
  expect(() => makeFolder('/proc/margay/a')).toThrow("no such file or directory, mkdir '/proc/margay'");
});
