import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { signingKey } from '@margay/ledger';
import { databaseIn } from '@margay/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { checkArchive } from '../archive-check/check.ts';
import { askForRevision } from '../ask-for-runs.ts';
import { openEmbedded } from '../embedded.ts';
import { logReports } from '../ledger/append.ts';
import type { Stores } from '../stores.ts';
import type { Archive } from './archive.ts';
import { ArchiveDamaged } from './damaged.ts';

const END = 1_764_086_400_000_000;
const DAY = 86_400_000_000;
const KEY = signingKey('margay.example/c', new Uint8Array(32));

async function archived({ archive }: Stores, id: string, more: object = {}) {
  const part = await archive.appendPart({ reportId: id, end: END, part: 0, kind: 'a', rows: [1] });
  const of = { id, cluster: 'c', reportName: 'daily', reportType: 'inventory', start: END - DAY, end: END };
  return archive.complete({ ...of, generatedAt: END, digest: 'd', parts: [part], content: {}, ...more });
}

const away = async (): Promise<never> => {
  throw new Error('No node answers');
};

const opened = (at = ':memory:') => {
  const stores = openEmbedded(at);
  onTestFinished(() => stores.close());
  return stores;
};

test('a report that is in the log and whose archive does not answer is not told to be changed', async () => {
  const stores = opened();
  const header = await archived(stores, 'a');
  await logReports(stores, [header], KEY);
  const check = (archive: Partial<Archive>) =>
    checkArchive({ ...stores, archive: { ...stores.archive, ...archive } }, { keys: [] });
  const none = { async *all() {} };
  expect((await check(none)).findings).toMatchObject([
    { kind: 'unlogged', words: expect.stringMatching(/in no list/) as string },
    { kind: 'changed', words: expect.stringMatching(/kept/) as string },
  ]);
  await expect(check({ ...none, header: away })).rejects.toThrow('No node answers');
});

test('a report whose rows cannot be read now is not told to have lost them', async () => {
  const stores = opened();
  await archived(stores, 'a');
  const archive = { ...stores.archive, part: away };
  await expect(askForRevision({ ...stores, archive }, 'a', END)).rejects.toThrow('No node answers');
});

test.each([
  ['is none any more', '{'],
  ['says another window', undefined],
])(
  'a revision whose header %s is among those of its window, and there is none behind it',
  async (_, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'margay-revisions-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const stores = openEmbedded(folder);
    const first = await archived(stores, 'a');
    const second = await archived(stores, 'a-r2', { revision: 2, supersedes: 'a', digest: 'e' });
    await archived(stores, 'b', { start: END - 2 * DAY });
    await stores.close();
    const connection = new DatabaseSync(databaseIn(folder));
    connection
      .prepare('UPDATE headers SET header = ? WHERE id = ?')
      .run(text ?? JSON.stringify({ ...second, start: 7 }), 'a-r2');
    connection.close();
    const again = opened(folder);
    const found = await again.archive.revisions('daily', first);
    expect(found.map(({ id }) => id).sort()).toEqual(['a', 'a-r2']);
    await expect(askForRevision(again, 'a', END)).rejects.toThrow(ArchiveDamaged);
  },
);
