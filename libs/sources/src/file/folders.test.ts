import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { logsNamed } from './folders.ts';

function folderWith(...files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-folders-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

test('a folder stands for the files in it and in its folders, without the hidden ones; other names are left', async () => {
  const folder = folderWith('b.log', 'a/y=2026/m=11/PT1H.json', 'a.log.gz', '.a.log.swp', '.hidden/x.log');
  symlinkSync(folder, join(folder, 'back'));
  symlinkSync(join(folder, 'b.log'), join(folder, 'c.log'));
  const files = ['a.log.gz', 'a/y=2026/m=11/PT1H.json', 'b.log', 'c.log'].map((file) => join(folder, file));
  expect(await logsNamed(['-', folder, 'missing.log', 'x=y.log'])).toEqual([
    '-',
    ...files,
    'missing.log',
    'x=y.log',
  ]);
  expect(await logsNamed([`kube-1=${folder}`])).toEqual(files.map((file) => `kube-1=${file}`));
});

test('a folder without files is told', async () => {
  await expect(logsNamed([folderWith('.hidden')])).rejects.toThrow(/there is no file in it/);
});
