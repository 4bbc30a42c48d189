import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { databaseIn, openDatabase, type Database } from '@margay/sqlite';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { embeddedLedger, LEDGER_STATEMENTS, LEDGER_TABLES } from './embedded.ts';
import type { Ledger } from './ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'margay-storage-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.useRealTimers());

let opened = 0;
/** A log on the disk, and a connection of somebody else to its file. */
function open() {
  const directory = join(folder, String(opened++));
  const database = openDatabase(databaseIn(directory), {
    migrations: [LEDGER_TABLES, LEDGER_STATEMENTS],
  });
  const other = new DatabaseSync(databaseIn(directory));
  const close = () => {
    other.close();
    database.close();
  };
  return { database, ledger: embeddedLedger(database), other, close };
}

/** Appends so many entries, of which only the first `written` are kept. */
async function grow(ledger: Ledger, count: number, written = count): Promise<void> {
  const before = (await ledger.head())?.size ?? 0;
  const entries = Array.from({ length: written }, (_, i) => ({
    run: `run-${before + i}`,
    bytes: new Uint8Array([i]),
  }));
  const head = { size: before + count, checkpoint: '', key: '' };
  expect(await ledger.grow(before, { head, entries, tiles: [] })).toBe(true);
}

/** How often all entries were counted. */
function countingOf(database: Database) {
  const counting = { counts: 0 };
  const ledger = embeddedLedger({
    ...database,
    sql: (text) => {
      if (/count\(\*\)/.test(text) && !/WHERE/.test(text)) counting.counts++;
      return database.sql(text);
    },
  });
  return { counting, ledger };
}

/** What somebody does to the log: he appends, or another connection writes what it likes. */
const step = fc.oneof(
  fc.record({ grow: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ remove: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ put: fc.integer({ min: -2, max: 14 }) }),
  fc.record({ cut: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ look: fc.constant(true) }),
);

describe('missing entries of an embedded log', () => {
  test('are those that another connection does not find, whatever was written by whom, and whenever it was looked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { ledger, other, close } = open();
        const run = (sql: string, ...values: number[]) => other.prepare(sql).run(...values);
        try {
          for (const each of steps) {
            if ('grow' in each) await grow(ledger, each.grow);
            else if ('remove' in each) run('DELETE FROM log_entries WHERE number = ?', each.remove);
            else if ('put' in each)
              run(`INSERT OR IGNORE INTO log_entries VALUES (?1, 'put-' || ?1, x'00', NULL)`, each.put);
            else if ('cut' in each) run('UPDATE log_head SET size = ?1 WHERE size > ?1', each.cut);
            else expect(await ledger.missing()).toEqual(holes(other));
          }
          expect(await ledger.missing()).toEqual(holes(other));
        } finally {
          close();
        }
      }),
      { numRuns: 30 },
    );
  });

  test('all are counted once, and from then on what was appended', async () => {
    const { database, close } = open();
    const { counting, ledger } = countingOf(database);
    await grow(ledger, 3);
    for (let i = 0; i < 5; i++) {
      expect(await ledger.missing()).toEqual([]);
      await grow(ledger, 2);
    }
    expect(counting.counts).toBe(1);
    await grow(ledger, 3, 2);
    expect(await ledger.missing()).toEqual([15]);
    close();
  });

  test('that no connection took away are found a minute later', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { database, ledger, close } = open();
    await grow(ledger, 3);
    expect(await ledger.missing()).toEqual([]);
    // As bytes of the file that change: the database tells nobody.
    database.transaction(() => database.sql('DELETE FROM log_entries WHERE number = 1').run());
    vi.advanceTimersByTime(60_000);
    expect(await ledger.missing()).toEqual([1]);
    close();
  });
});

/** The numbers that are missing, as the file has them. */
function holes(file: DatabaseSync): number[] {
  const all = file.prepare('SELECT number FROM log_entries').all() as unknown as { number: number }[];
  const there = new Set(all.map(({ number }) => number));
  const { size = 0 } = (file.prepare('SELECT size FROM log_head').get() ?? {}) as { size?: number };
  return Array.from({ length: size }, (_, i) => i).filter((number) => !there.has(number));
}
