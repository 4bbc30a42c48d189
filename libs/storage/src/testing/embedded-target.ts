import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { databaseIn } from '@margay/sqlite';
import { openEmbedded } from '../embedded.ts';
import type { Insider, Kept, Kind, Target, Values } from './insider.ts';

/** A table: the columns by the names of their values, and in which order its rows come. */
interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly order: string;
}

const TABLES: Readonly<Record<Exclude<Kind, 'ends'>, Table>> = {
  headers: {
    name: 'headers',
    columns: {
      id: 'id',
      reportName: 'report_name',
      reportType: 'report_type',
      end: '"end"',
      sequence: 'sequence',
      header: 'header',
    },
    order: 'id',
  },
  parts: {
    name: 'parts',
    columns: { reportId: 'report_id', part: 'part', digest: 'digest', rows: 'body' },
    order: 'report_id, part',
  },
  entries: {
    name: 'log_entries',
    columns: { number: 'number', run: 'run', entry: 'entry', statement: 'statement' },
    order: 'number',
  },
  tiles: {
    name: 'log_tiles',
    columns: { level: 'level', index: 'number', bytes: 'bytes' },
    order: 'level, number',
  },
  head: {
    name: 'log_head',
    columns: { size: 'size', checkpoint: 'checkpoint', key: 'key' },
    order: 'id',
  },
  confirmations: {
    name: 'log_confirmations',
    columns: { size: 'size', by: 'confirmed_by', kind: 'kind', checkpoint: 'checkpoint', text: 'text' },
    order: 'size, confirmed_by',
  },
};

/** Values that are bytes in the table. */
const encoded = (value: string, name: string): SQLInputValue =>
  name === 'entry' ? Buffer.from(value) : name === 'bytes' ? Buffer.from(value, 'base64') : value;
const decoded = (value: unknown, name: string): Values[string] =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString(name === 'bytes' ? 'base64' : 'utf8')
    : (value as string | number | null);

const tableOf = (kind: Kind): Table => {
  if (kind === 'ends') throw new Error('The embedded store keeps no ends of chains.');
  return TABLES[kind];
};

function insiderOf(database: DatabaseSync): Insider {
  const bound = (values: Values) =>
    Object.entries(values).map(([name, value]) =>
      typeof value === 'string' ? encoded(value, name) : (value ?? null),
    );
  return {
    async all(kind) {
      const { name, columns, order } = tableOf(kind);
      const list = Object.entries(columns).map(([value, column]) => `${column} AS "${value}"`);
      const rows = database
        .prepare(`SELECT rowid AS place, ${list.join(', ')} FROM ${name} ORDER BY ${order}`)
        .all();
      return rows.map(({ place, ...row }): Kept => ({
        place,
        values: Object.fromEntries(Object.entries(row).map(([of, value]) => [of, decoded(value, of)])),
      }));
    },
    async change(kind, { place }, values) {
      const { name, columns } = tableOf(kind);
      const known = Object.fromEntries(
        Object.entries(values).filter(([value]) => columns[value] !== undefined),
      );
      const set = Object.keys(known).map((value) => `${columns[value]!} = ?`);
      database
        .prepare(`UPDATE ${name} SET ${set.join(', ')} WHERE rowid = ?`)
        .run(...bound(known), place as number);
    },
    async remove(kind, { place }) {
      database.prepare(`DELETE FROM ${tableOf(kind).name} WHERE rowid = ?`).run(place as number);
    },
    async add(kind, like, values) {
      const { name, columns } = tableOf(kind);
      const all = { ...like.values, ...values };
      const named = Object.keys(columns);
      database
        .prepare(
          `INSERT INTO ${name} (${named.map((value) => columns[value]!).join(', ')}) VALUES (${named.map(() => '?').join(', ')})`,
        )
        .run(...bound(Object.fromEntries(named.map((value) => [value, all[value]]))));
    },
  };
}

/** An archive in a folder. */
export function embeddedTarget(): Target {
  const root = mkdtempSync(join(tmpdir(), 'margay-attacked-'));
  const folder = join(root, 'now');
  const stores = openEmbedded(folder);
  return {
    stores,
    kinds: new Set(Object.keys(TABLES) as Kind[]),
    async keep(name) {
      const kept = new DatabaseSync(databaseIn(folder));
      kept.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      kept.close();
      cpSync(folder, join(root, name), { recursive: true });
    },
    async attacked(name, damage, look) {
      const attacked = join(root, 'attacked');
      cpSync(join(root, name), attacked, { recursive: true });
      try {
        const database = new DatabaseSync(databaseIn(attacked));
        await damage(insiderOf(database));
        database.close();
        const opened = openEmbedded(attacked);
        const looked = await look(opened);
        await opened.close();
        return looked;
      } finally {
        rmSync(attacked, { recursive: true });
      }
    },
    async close() {
      await stores.close();
      rmSync(root, { recursive: true });
    },
  };
}
