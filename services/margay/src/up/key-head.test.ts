import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signingKey } from '@margay/ledger';
import { logReports, openEmbedded } from '@margay/storage';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { compareWithKept, headFileOf } from './key-head.ts';

const keyOf = (seed: number) => signingKey('margay.example/log', new Uint8Array(32).fill(seed));
const KEY = keyOf(1);
const END = 1_764_086_400_000_000;

let folder: string;
let keyFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'margay-key-head-'));
  keyFile = join(folder, 'ledger.key');
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** Logs reports in a data folder, and gives its head. */
async function logged(data: string, ...ids: readonly string[]): Promise<string> {
  const stores = openEmbedded(join(folder, data));
  for (const [i, id] of ids.entries()) {
    const header = await stores.archive.complete({
      id,
      cluster: 'c',
      reportName: id,
      reportType: 'inventory',
      start: END - 1,
      end: END + i,
      generatedAt: END,
      digest: '0'.repeat(64),
      parts: [],
      content: {},
    });
    await logReports(stores, [header], KEY);
  }
  const { checkpoint } = (await stores.ledger.head())!;
  await stores.close();
  return checkpoint;
}

/** What is said when a folder is begun with the key. */
async function begun(data: string, key = KEY): Promise<string | undefined> {
  const stores = openEmbedded(join(folder, data));
  const said = await compareWithKept(stores, keyFile, key);
  await stores.close();
  return said;
}
const kept = (): string => readFileSync(headFileOf(keyFile), 'utf8');

test('the head that a key signed last is kept beside it, as a checkpoint', async () => {
  mkdirSync(join(folder, 'a'));
  expect(await begun('a')).toBeUndefined();
  for (const id of ['one', 'two']) {
    const head = await logged('a', id);
    expect(await begun('a')).toBeUndefined();
    expect(kept()).toBe(head);
  }
});

test.each<[string, () => Promise<unknown>]>([
  ['another folder has the same key', () => logged('b', 'other', 'two', 'three')],
  ['another folder has the same key, and no report yet', async () => mkdirSync(join(folder, 'b'))],
])('where %s it is said, each time', async (_, other) => {
  const head = await logged('a', 'one', 'two');
  await begun('a');
  await other();
  for (let i = 0; i < 2; i++) {
    const said = await begun('b');
    expect(said).toContain(`the key ${KEY.name}+${KEY.id} of ${keyFile} signed a log from which this one`);
    expect(said).toContain(`remove ${headFileOf(keyFile)}`);
    expect(kept()).toBe(head);
  }
  // The first one is as it was.
  expect(await begun('a')).toBeUndefined();
});

test('of a folder that was put back as it was before it is said, until what was kept is removed', async () => {
  await logged('a', 'one');
  cpSync(join(folder, 'a'), join(folder, 'backup'), { recursive: true });
  await logged('a', 'two');
  await begun('a');
  rmSync(join(folder, 'a'), { recursive: true });
  cpSync(join(folder, 'backup'), join(folder, 'a'), { recursive: true });
  expect(await begun('a')).toContain('or this one is an older copy');
  // What is logged then is of a fork.
  await logged('a', 'three');
  expect(await begun('a')).toContain('or this one is an older copy');
  rmSync(headFileOf(keyFile));
  expect(await begun('a')).toBeUndefined();
});

test.each<[string, () => void]>([
  ['another key signed', () => writeFileSync(headFileOf(keyFile), kept().replace(/\n\n.*/s, '\n\n'))],
  ['is none', () => writeFileSync(headFileOf(keyFile), 'garbled')],
])('what %s is nobody’s head, and is replaced', async (_, damage) => {
  await logged('a', 'one');
  await begun('a');
  damage();
  const head = await logged('b', 'other');
  expect(await begun('b')).toBeUndefined();
  expect(kept()).toBe(head);
});

test('after a change of keys what the former one signed says nothing', async () => {
  await logged('a', 'one');
  await begun('a');
  await logged('b', 'other');
  expect(await begun('b', keyOf(2))).toBeUndefined();
});

test('where nothing can be written beside a key nothing is kept, and nothing is said', async () => {
  await logged('a', 'one');
  mkdirSync(headFileOf(keyFile));
  expect(await begun('a')).toBeUndefined();
});
