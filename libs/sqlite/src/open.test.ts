import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from './open.ts';
import { snapshotsOf } from './snapshots.ts';
import { DatabaseUnusable, explained } from './unusable.ts';

const MIGRATIONS = ['CREATE TABLE t (n INTEGER) STRICT'];

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'margay-database-'));
  path = join(folder, 'below', 'a.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const filled = () => {
  const database = openDatabase(path, { migrations: MIGRATIONS });
  database.transaction(() => {
    for (let n = 0; n < 20_000; n++) database.sql('INSERT INTO t VALUES (?)').run(n);
  });
  return database;
};

describe('opening', () => {
  test('makes the folder, and finds what was written', () => {
    filled().close();
    const again = openDatabase(path, { migrations: MIGRATIONS });
    expect(again.sql('SELECT count(*) AS n FROM t').get()).toEqual({ n: 20_000 });
    again.close();
    again.close();
  });

  test('brings an older format to the newest, and refuses a newer one', () => {
    filled().close();
    const migrations = [...MIGRATIONS, 'ALTER TABLE t ADD COLUMN more TEXT'];
    const newer = openDatabase(path, { migrations });
    expect(newer.sql('SELECT more FROM t LIMIT 1').get()).toEqual({ more: null });
    newer.close();
    expect(() => openDatabase(path, { migrations: MIGRATIONS })).toThrow(/newer Margay wrote it/);
  });

  test('a second writer is refused, a reader is not', () => {
    const writer = filled();
    expect(() => openDatabase(path, { migrations: MIGRATIONS })).toThrow(/another Margay process uses it/);
    const reader = openDatabase(path, { readOnly: true, migrations: MIGRATIONS });
    expect(reader.sql('SELECT count(*) AS n FROM t').get()).toEqual({ n: 20_000 });
    expect(() => reader.transaction(() => reader.sql('DELETE FROM t').run())).toThrow(/not writable/);
    reader.close();
    writer.close();
    openDatabase(path, { migrations: MIGRATIONS }).close();
  });

  test('a file that is no database is named', () => {
    filled().close();
    writeFileSync(path, 'This is a text.'.repeat(1_000));
    expect(() => openDatabase(path, { migrations: MIGRATIONS })).toThrow(/a\.db: the file is damaged/);
  });

  test('a file cut short is named, at the latest when it is read', () => {
    filled().close();
    truncateSync(path, 60_000);
    const read = () => {
      const database = openDatabase(path, { migrations: MIGRATIONS });
      try {
        database.read(() => database.sql('SELECT sum(n) FROM t').all());
      } finally {
        database.close();
      }
    };
    expect(read).toThrow(DatabaseUnusable);
  });

  test('a folder that is a file is named', () => {
    writeFileSync(join(folder, 'file'), '');
    const below = join(folder, 'file', 'a.db');
    expect(() => openDatabase(below, { migrations: MIGRATIONS })).toThrow(DatabaseUnusable);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that is not writable is named', () => {
    chmodSync(folder, 0o500);
    expect(() => openDatabase(path, { migrations: MIGRATIONS })).toThrow(/not writable/);
    chmodSync(folder, 0o700);
  });

  test('a folder that is not writable is named, seen as another user', () => {
    // The super-user may write everywhere, so somebody else tries: the user "nobody".
    if (process.getuid?.() !== 0) return;
    chmodSync(folder, 0o755);
    const script = `
      process.setgid(65534); process.setuid(65534);
      const { openDatabase } = await import(${JSON.stringify(join(import.meta.dirname, 'open.ts'))});
      try { openDatabase(${JSON.stringify(path)}, { migrations: [] }); } catch (error) { console.log(error.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/not writable/);
  });
});

describe('errors in words that help', () => {
  test('a full disk', () => {
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE t (text TEXT); PRAGMA max_page_count = 3');
    let error: unknown;
    try {
      database.exec(`INSERT INTO t VALUES ('${'x'.repeat(100_000)}')`);
    } catch (caught) {
      error = explained(caught, '/data/margay.db');
    }
    expect(error).toMatchObject({
      code: 'full',
      message: expect.stringMatching(/margay\.db: the disk is full/),
    });
    database.close();
  });

  test('other errors stay as they are', () => {
    const error = new RangeError('mine');
    expect(explained(error, 'a.db')).toBe(error);
    expect(explained('text', 'a.db')).toBe('text');
  });
});

describe('transactions', () => {
  test('are kept whole or not at all', () => {
    const database = openDatabase(':memory:', { migrations: MIGRATIONS });
    const failing = () =>
      database.transaction(() => {
        database.sql('INSERT INTO t VALUES (1)').run();
        throw new Error('in the middle');
      });
    expect(failing).toThrow('in the middle');
    expect(database.sql('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
    expect(database.transaction(() => database.sql('INSERT INTO t VALUES (1)').run().changes)).toBe(1);
    database.close();
  });
});

describe('snapshots', () => {
  test('show one state, whatever is written meanwhile', () => {
    const database = filled();
    const rows = snapshotsOf(database).rows(
      (sql) => sql('SELECT n FROM t ORDER BY n').iterate() as Iterable<{ n: number }>,
    );
    expect(rows.next().value).toEqual({ n: 0 });
    database.transaction(() => database.sql('DELETE FROM t').run());
    expect([...rows]).toHaveLength(19_999);
    expect([...snapshotsOf(database).rows((sql) => sql('SELECT n FROM t').iterate())]).toEqual([]);
    database.close();
  });

  test('that are not read to their end let go of the file', () => {
    const database = filled();
    const rows = snapshotsOf(database).rows((sql) => sql('SELECT n FROM t').iterate());
    rows.next();
    rows.return(undefined);
    database.close();
  });
});
