import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { compiled } from '@margay/runtime';
import { databaseIn } from '@margay/sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { arrivalsContract } from './arrivals/arrivals.contract.ts';
import { archiveContract } from './archive/archive.contract.ts';
import { cellContract } from './cell.contract.ts';
import { cellOver } from './cell.ts';
import { coverageContract } from './coverage/coverage.contract.ts';
import { openEmbedded } from './embedded.ts';
import { flowsContract } from './flows/flows.contract.ts';
import { foldedAnewContract } from './history/folded-anew.contract.ts';
import { historyContract } from './history/history.contract.ts';
import { sessionsContract } from './sessions/sessions.contract.ts';
import { ledgerContract } from './ledger/ledger.contract.ts';
import type { Stores } from './stores.ts';
import { story } from './testing/changes.ts';
import { collect } from './testing/collect.ts';
import { listsContract } from './lists/lists.contract.ts';
import { asidesContract } from './asides/asides.contract.ts';
import { tellersContract } from './tellers/tellers.contract.ts';
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
  tellersContract(name, open);
  asidesContract(name, open);
  listsContract(name, open);
  trailContract(name, async () => (await open()).trail);
  arrivalsContract(name, open);
  archiveContract(name, async () => (await open()).archive);
  ledgerContract(name, open);
  windowsContract(name, async () => (await open()).windows);
  sessionsContract(name, async () => (await open()).sessions);
}

cellContract('embedded', async (clusters) =>
  cellOver(
    new Map(
      await Promise.all(clusters.map(async (cluster) => [cluster, (await inMemory()) as Stores] as const)),
    ),
  ),
);

foldedAnewContract('embedded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-storage-'));
  folders.push(folder);
  const stores = openEmbedded(folder);
  const changed = async (names: readonly string[], ...statements: readonly string[]) => {
    await stores.close();
    const database = new DatabaseSync(databaseIn(folder));
    for (const name of names) for (const sql of statements) database.prepare(sql).run(name);
    database.close();
    const again = openEmbedded(folder);
    opened.push(again);
    return again;
  };
  const forgotten = 'UPDATE keys SET fold = 0 WHERE name = ?';
  const endless = `UPDATE versions SET valid_to = ${Number.MAX_SAFE_INTEGER} WHERE id =
    (SELECT min(v.id) FROM versions v JOIN keys k ON k.id = v.key WHERE k.name = ?)`;
  return {
    stores,
    spoil: (names) => changed(names, forgotten, endless),
    forget: (names) => changed(names, forgotten),
  };
});

describe('readers beside the writer', () => {
  test('see what is written, as one state at a time, and may not write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'margay-storage-'));
    folders.push(folder);
    const writer = openEmbedded(folder);
    const reader = openEmbedded(folder, { readOnly: true });
    opened.push(writer, reader);
    const told = story({ seed: 2, changes: 400, keys: 10 });
    await writer.history.append(told.slice(0, 200));
    const ever = { start: 0, end: 2 ** 52 };
    const before = await collect(writer.history.versions(ever));

    const reading = reader.history.versions(ever)[Symbol.asyncIterator]();
    const { value: first } = await reading.next();
    await writer.history.append(told.slice(200));
    const rest: unknown[] = [];
    for (let next = await reading.next(); next.done !== true; next = await reading.next())
      rest.push(next.value);
    expect([first, ...rest]).toEqual(before);
    expect(await collect(reader.history.versions(ever))).toEqual(
      await collect(writer.history.versions(ever)),
    );
    await expect(reader.history.append(told)).rejects.toThrow(/not writable/);
  });

  test('read in another thread', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'margay-storage-'));
    folders.push(folder);
    const writer = openEmbedded(folder);
    opened.push(writer);
    await writer.history.append(story({ seed: 2, changes: 50, keys: 10 }));
    const script = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { openEmbedded } = await import(workerData.module);
      const stores = openEmbedded(workerData.folder, { readOnly: true });
      let count = 0;
      for await (const _ of stores.history.versions({ start: 0, end: 2 ** 52 })) count++;
      await stores.close();
      parentPort.postMessage(count);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), {
      workerData: { folder, module: compiled('./embedded', import.meta.url).href },
      execArgv: [],
    });
    const [count] = (await once(worker, 'message')) as [number];
    expect(count).toBe((await collect(writer.history.versions({ start: 0, end: 2 ** 52 }))).length);
  });
});
