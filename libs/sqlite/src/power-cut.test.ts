import { cpSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openDatabase } from './open.ts';
import { snapshotsOf } from './snapshots.ts';

/** Everything that is in a file at all times is of one number: what was copied from another state shows another. */
const OWNER = ['CREATE TABLE pages (id INTEGER PRIMARY KEY, n INTEGER, body BLOB) STRICT'];
const GUEST = {
  guest: 'guest',
  migrations: ['CREATE TABLE last (n INTEGER) STRICT; INSERT INTO last VALUES (0)'],
};
const PAGES = 1_000;
const BODY = Buffer.alloc(3_500, 7);

const root = mkdtempSync(join(tmpdir(), 'margay-cut-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const newFolder = () => join(root, `folder-${folders++}`);
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function opened(folder: string) {
  const path = join(folder, 'a.db');
  const owner = openDatabase(path, { migrations: OWNER });
  const guest = openDatabase(path, GUEST);
  /** One step of what is done: some pages, and then what the guest makes of them. */
  const write = (n: number) => {
    owner.transaction(() => {
      for (let id = 0; id < PAGES; id++)
        owner.sql('INSERT OR REPLACE INTO pages VALUES (?, ?, ?)').run(id, n, BODY);
    });
    guest.transaction(() => guest.sql('UPDATE last SET n = ?').run(n), 'later');
  };
  const close = () => {
    guest.close();
    owner.close();
  };
  return { owner, guest, write, close };
}

/** The numbers that a folder shows. */
function stateOf(folder: string): { pages: number[]; last: number } {
  const { owner, guest, close } = opened(folder);
  const pages = owner.read(() => owner.sql('SELECT DISTINCT n FROM pages').all()).map(({ n }) => Number(n));
  const { n } = guest.read(() => guest.sql('SELECT n FROM last').get()) as { n: number };
  close();
  return { pages, last: n };
}

describe('a file whose end was lost', () => {
  /** What is on the disk after some steps; a reader keeps the log from being copied as a whole. */
  function left(steps: number, isRead: boolean): string {
    const folder = newFolder();
    const { owner, write, close } = opened(folder);
    write(1);
    const rows = snapshotsOf(owner).rows((sql) => sql('SELECT n FROM pages').iterate());
    if (isRead) rows.next();
    for (let n = 2; n <= steps; n++) write(n);
    const image = newFolder();
    cpSync(folder, image, { recursive: true });
    rows.return(undefined);
    close();
    return image;
  }
  // More than 8,000 pages make the log be copied into the file.
  test.each([
    ['nothing was copied yet', 5, false],
    ['all was copied, and more was written', 14, false],
    ['a part was copied, since somebody reads', 14, true],
  ])('%s: one state of all, or it is said', (_, steps, isRead) => {
    const image = left(steps, isRead);
    const outcomes: string[] = [];
    for (const share of [0, 0.2, 0.5, 0.8, 0.95, 1]) {
      const folder = newFolder();
      cpSync(image, folder, { recursive: true });
      const log = join(folder, 'a.db-wal');
      if (sizeOf(log) > 0) truncateSync(log, Math.floor(sizeOf(log) * share));
      try {
        const { pages, last } = stateOf(folder);
        expect(pages.length).toBeLessThanOrEqual(1);
        const [shown = 0] = pages;
        // What the guest says was made of the pages is in them.
        expect(last).toBeLessThanOrEqual(shown);
        outcomes.push(`${shown}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'cut', message: expect.stringMatching(/a\.db: .*Put a backup/) });
        outcomes.push('said');
      }
      rmSync(folder, { recursive: true });
    }
    expect(outcomes.at(-1)).toBe(String(steps));
    expect(outcomes.includes('said')).toBe(isRead);
  });
});
