import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '@margay/history';
import { openEmbedded } from '@margay/storage';
import { UsageError } from '@margay/terminal';
import { expect, onTestFinished, test } from 'vitest';
import { claimFolder, folderOf } from './data-folder.ts';

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const namespaceSeen = (name: string, uid: string): readonly Change[] => [
  { resource: 'namespaces', group: '', namespace: '', name, what: 'present', uid } as Change,
];

test('a folder is the cluster’s that came first, over starts', async () => {
  const folder = join(ownFolder(), 'made');
  await claimFolder(folder, 'a');
  await claimFolder(folder, 'a');
  const refused = claimFolder(folder, 'b');
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(/holds the evidence of cluster a, and this is cluster b.*--data/);
  await claimFolder(folder, 'a');
});

test('clusters of one name are told apart by their kube-system, over starts', async () => {
  const folder = ownFolder();
  const first = await claimFolder(folder, 'a');
  first.admit(namespaceSeen('shop', 'x'));
  first.admit(namespaceSeen('kube-system', 'one'));
  for (const { admit } of [first, await claimFolder(folder, 'a')]) {
    admit(namespaceSeen('kube-system', 'one'));
    admit(namespaceSeen('shop', 'y'));
    expect(() => admit(namespaceSeen('kube-system', 'two'))).toThrow(/the uid one, .* the uid two/);
  }
});

test('where it could not be written whose the folder is, it is written when the evidence comes again', async () => {
  const folder = ownFolder();
  const { admit } = await claimFolder(folder, 'a');
  // What is in its way cannot be written over.
  mkdirSync(join(folder, 'cluster.json.new'));
  for (const _ of [1, 2])
    expect(() => admit(namespaceSeen('kube-system', 'one'))).toThrow(`${folder} cannot be written: `);
  rmSync(join(folder, 'cluster.json.new'), { recursive: true });
  admit(namespaceSeen('kube-system', 'one'));
  const { admit: later } = await claimFolder(folder, 'a');
  expect(() => later(namespaceSeen('kube-system', 'two'))).toThrow(/the uid one, .* the uid two/);
});

test('a folder that is made is for its owner only, and one that is there stays as it is', async () => {
  const mode = (folder: string) => statSync(folder).mode & 0o777;
  const there = ownFolder();
  chmodSync(there, 0o750);
  await claimFolder(there, 'a');
  expect(mode(there)).toBe(0o750);
  const made = join(there, 'data', 'a');
  await claimFolder(made, 'a');
  expect([mode(made), mode(join(there, 'data'))]).toEqual([0o700, 0o700]);
});

test('a folder whose database was there and is not any more was emptied, and one that never came to have one was not', async () => {
  const folder = ownFolder();
  const isEmptied = async () => (await claimFolder(folder, 'a')).isEmptied;
  // Its disk was full at the first start, say.
  expect([await isEmptied(), await isEmptied()]).toEqual([false, false]);
  const database = join(folder, 'margay.db');
  await openEmbedded(folder).close();
  const { isEmptied: isAtOnce, noteBegun } = await claimFolder(folder, 'a');
  expect(isAtOnce).toBe(false);
  noteBegun();
  rmSync(database);
  expect([await isEmptied(), await isEmptied()]).toEqual([true, true]);
});

test('of a folder that an older release began, its cluster’s uid tells that something was kept in it', async () => {
  const folder = ownFolder();
  writeFileSync(join(folder, 'cluster.json'), '{"cluster":"a","uid":"one"}');
  expect((await claimFolder(folder, 'a')).isEmptied).toBe(true);
});

test('a file that says nothing is named, and what to write', async () => {
  const folder = ownFolder();
  await claimFolder(folder, 'a');
  const file = join(folder, 'cluster.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ cluster: 'a' });
  writeFileSync(file, 'a');
  await expect(claimFolder(folder, 'a')).rejects.toThrow(`${file} does not say whose data the folder holds`);
});

test.each([
  ['cluster-a', './data/cluster-a'],
  ['prod: "eu" #1', './data/prod%3A%20%22eu%22%20%231'],
  ['../..', './data/..%2F..'],
  ['..', './data/cluster'],
])('the data of %s is in a folder of its own, %s', (cluster, folder) => {
  expect(folderOf(cluster)).toBe(folder);
});
