import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
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

  test('makes files for their owner only, also in a folder that others may read, under any umask', () => {
    mkdirSync(join(path, '..'), { mode: 0o755 });
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const database = filled();
    const modes = () =>
      Object.fromEntries(
        readdirSync(join(path, '..')).map((file) => [file, statSync(join(path, '..', file)).mode & 0o777]),
      );
    expect(modes()).toMatchObject({
      'a.db': 0o600,
      'a.db-wal': 0o600,
      'a.db-shm': 0o600,
      'a.db.lock': 0o600,
    });
    database.close();
    expect(new Set(Object.values(modes()))).toEqual(new Set([0o600]));
    expect(modes()).toHaveProperty(['a.db.copied']);
    // What somebody opened to others stays so.
    chmodSync(path, 0o640);
    openDatabase(path, { migrations: MIGRATIONS }).close();
    expect(modes()).toMatchObject({ 'a.db': 0o640 });
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

  test('a page that was overwritten is found at the next start, a file that was emptied too', () => {
    filled().close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4_096, 'noise'), 0, 4_096, 4_096 * 20);
    closeSync(file);
    expect(() => openDatabase(path, { migrations: MIGRATIONS })).toThrow(/a\.db: the file is damaged/);
    truncateSync(path, 0);
    expect(() => openDatabase(path, { migrations: MIGRATIONS })).toThrow(/a\.db: the file is empty/);
  });

  test('the database of another program is left alone', () => {
    mkdirSync(join(folder, 'below'));
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE cookies (name TEXT); PRAGMA user_version = 1');
    other.close();
    expect(() => openDatabase(path, { migrations: MIGRATIONS })).toThrow(/a\.db: .*another program/);
    expect(() => openDatabase(path, { readOnly: true, migrations: MIGRATIONS })).toThrow(/another program/);
    const after = new DatabaseSync(path);
    expect(after.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'cookies' }]);
    after.close();
  });

  test('tables that are gone, and text that is no JSON any more, are damage', () => {
    filled().close();
    const outside = new DatabaseSync(path);
    outside.exec('DROP TABLE t');
    outside.close();
    const database = openDatabase(path, { migrations: MIGRATIONS });
    const count = () => database.sql('SELECT count(*) FROM t').get();
    expect(() => database.read(count)).toThrow(/a\.db: the file is damaged/);
    expect(() => database.transaction(count)).toThrow(/a\.db: the file is damaged/);
    expect(() => database.read(() => JSON.parse('{"a') as unknown)).toThrow(/a\.db: the file is damaged/);
    database.close();
  });

  test('a folder that is made is for its owner only', () => {
    const made = join(folder, 'made');
    openDatabase(join(made, 'a.db'), { migrations: MIGRATIONS }).close();
    expect(statSync(made).mode & 0o777).toBe(0o700);
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

/** As an older release kept it: a file of several pages. */
function olderDiary(path: string): DatabaseSync {
  const older = new DatabaseSync(path);
  older.exec('CREATE TABLE d (n INTEGER) STRICT; PRAGMA user_version = 1; BEGIN');
  const insert = older.prepare('INSERT INTO d VALUES (?)');
  for (let n = 0; n < 5_000; n++) insert.run(n);
  older.exec('COMMIT');
  return older;
}

describe('a guest', () => {
  const GUEST = { guest: 'diary', migrations: ['CREATE TABLE d (n INTEGER) STRICT'] };

  test('has tables and a format of its own in the file, and is opened once unless it is shared', () => {
    const owner = filled();
    const guest = openDatabase(path, GUEST);
    guest.transaction(() => guest.sql('INSERT INTO d VALUES (7)').run());
    expect(() => openDatabase(path, GUEST)).toThrow(/another Margay process uses it/);
    openDatabase(path, { ...GUEST, guest: 'other', migrations: [], isShared: true });
    owner.close();
    guest.close();
    const again = openDatabase(path, {
      ...GUEST,
      migrations: [...GUEST.migrations, 'ALTER TABLE d ADD m TEXT'],
    });
    expect(again.sql('SELECT n, m FROM d').all()).toEqual([{ n: 7, m: null }]);
    again.close();
  });

  test('brings what an older release kept in a file of its own, of which nothing is left', () => {
    const before = join(folder, 'diary.db');
    const older = new DatabaseSync(before);
    older.exec(`PRAGMA journal_mode = WAL; CREATE TABLE d (n INTEGER) STRICT; CREATE INDEX d_by_n ON d (n);
      INSERT INTO d VALUES (1), (2); PRAGMA user_version = 1`);
    older.close();
    const migrations = [...GUEST.migrations, 'ALTER TABLE d ADD m TEXT'];
    const guest = openDatabase(path, { ...GUEST, before, migrations });
    expect(guest.sql('SELECT n, m FROM d INDEXED BY d_by_n ORDER BY n').all()).toEqual([
      { n: 1, m: null },
      { n: 2, m: null },
    ]);
    guest.close();
    expect(readdirSync(folder)).toEqual(['below']);
    openDatabase(path, { ...GUEST, before, migrations }).close();
  });

  test.each<[string, (before: string) => void]>([
    ['a text', (before) => writeFileSync(before, 'This is a text.'.repeat(1_000))],
    ['cut', (before) => truncateSync(before, 4_096 * 3)],
    [
      'overwritten in the middle',
      (before) => {
        const file = openSync(before, 'r+');
        writeSync(file, Buffer.alloc(4_096, 1), 0, 4_096, 4_096 * 3);
        closeSync(file);
      },
    ],
  ])('is told of an older file that is damaged by its name: %s', (_, damage) => {
    const before = join(folder, 'diary.db');
    olderDiary(before).close();
    damage(before);
    expect(() => openDatabase(path, { ...GUEST, before })).toThrow(/diary\.db: the file is damaged/);
    // And nothing of it was taken in, nor is it gone.
    expect(statSync(before).size).toBeGreaterThan(0);
  });

  test('is told of what is wrong with the file that takes the older one in by the name of that file', () => {
    const before = join(folder, 'diary.db');
    olderDiary(before).close();
    filled().close();
    const file = new DatabaseSync(path);
    file.exec("DELETE FROM bookkeeping; INSERT INTO bookkeeping VALUES ('commits', 9)");
    file.exec('CREATE TABLE d (n TEXT)');
    file.close();
    expect(() => openDatabase(path, { ...GUEST, before })).toThrow(/a\.db: the file is damaged/);
    expect(statSync(before).size).toBeGreaterThan(0);
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
