import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { archiveContract } from './archive/archive.contract.ts';
import { coverageContract } from './coverage/coverage.contract.ts';
import { openEmbedded } from './embedded.ts';
import { flowsContract } from './flows/flows.contract.ts';
import { historyContract } from './history/history.contract.ts';
import type { Stores } from './stores.ts';
import { trailContract } from './trail/trail.contract.ts';
import { windowsContract } from './windows/windows.contract.ts';

const opened: Stores[] = [];
const folders: string[] = [];
afterAll(async () => {
  for (const stores of opened) await stores.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const onDisk = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-storage-'));
  folders.push(folder);
  const stores = openEmbedded(folder);
  opened.push(stores);
  return stores;
};
const inMemory = async () => {
  const stores = openEmbedded(':memory:');
  opened.push(stores);
  return stores;
};

for (const [name, open] of [
  ['embedded on disk', onDisk],
  ['embedded in memory', inMemory],
] as const) {
  historyContract(name, async () => (await open()).history);
  flowsContract(name, async () => (await open()).flows);
  coverageContract(name, async () => (await open()).coverage);
  trailContract(name, async () => (await open()).trail);
  archiveContract(name, async () => (await open()).archive);
  windowsContract(name, async () => (await open()).windows);
}
