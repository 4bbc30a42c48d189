import {
  append,
  edgeOf,
  leafHash,
  readCheckpoint,
  type ReadTile,
  rootFrom,
  sameBytes,
  type TilePlace,
  type TreeHead,
} from '@margay/ledger';
import type { Database } from '@margay/sqlite';
import type { Ledger, LogHead } from '../ledger/ledger.ts';
import { isPartOf, tilesOf } from '../ledger/from-tiles.ts';
import {
  type EntryRange,
  type Mirror,
  type MirrorStanding,
  OtherLog,
  type PlacedEntry,
  type ToldNews,
} from './mirror.ts';

/** The tables of what a hub keeps of a cluster's log beside the log. */
export const MIRROR_TABLES = `
  CREATE TABLE mirror_entries (
    number INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, entry BLOB NOT NULL, statement TEXT
  ) STRICT;
  CREATE TABLE mirror_heads (size INTEGER PRIMARY KEY, checkpoint TEXT NOT NULL, key TEXT NOT NULL) STRICT;
  CREATE TABLE mirror_told (
    id INTEGER PRIMARY KEY CHECK (id = 0), heard INTEGER NOT NULL, last_size INTEGER NOT NULL, most_size INTEGER NOT NULL,
    most_at INTEGER NOT NULL, uid TEXT, forked TEXT
  ) STRICT`;

/** Of workers that tell at the same time the one with the shorter log may come last: what is told so long after is no such thing. */
const AT_THE_SAME_TIME = 600_000_000;
/** So many ranges of missing entries are said. */
const RANGES_MAX = 100;

interface Told {
  readonly heard: number;
  readonly last_size: number;
  readonly most_size: number;
  readonly most_at: number;
  readonly uid: string | null;
  readonly forked: string | null;
}

/** What a hub keeps of a cluster, in the embedded database that has its archive and its log. */
export function embeddedMirror(database: Database, ledger: Ledger): Mirror {
  const told = (): Told | undefined => database.sql('SELECT * FROM mirror_told').get() as Told | undefined;
  const refuseForked = (words: string): never => {
    database.transaction(() => {
      database.sql('UPDATE mirror_told SET forked = ? WHERE forked IS NULL').run(words);
    });
    throw new OtherLog('other-log', words);
  };

  return {
    async keep(news) {
      const before = told();
      const { forked = null, uid = null } = before ?? {};
      if (forked !== null) throw new OtherLog('other-log', forked);
      if (uid !== null && news.uid !== undefined && uid !== news.uid)
        throw new OtherLog(
          'other-cluster',
          `The kube-system of its cluster has another uid than ${uid}, that of the cluster which was told of before.`,
        );
      const log = await ledger.head();
      const growth = await grown(database, ledger, log, news);
      if (typeof growth === 'string') return refuseForked(growth);
      database.read(() => refuseTwice(database, news));
      database.transaction(() => keepNews(database, before, news, log?.size ?? 0));
      if (growth !== undefined) await ledger.grow(log?.size ?? 0, growth);
      database.transaction(() => forgetShown(database, growth?.head.size ?? log?.size ?? 0), 'later');
    },

    async standing(): Promise<MirrorStanding> {
      const shown = (await ledger.head())?.size ?? 0;
      const known = database.read(told);
      if (known === undefined) return { told: 0, shown, missing: [] };
      const { heard, last_size: last, most_size: most, most_at: mostAt, forked } = known;
      return {
        heard,
        told: most,
        shown,
        missing: database.read(() => missingIn(database, shown, most)),
        ...(last < most && heard > mostAt + AT_THE_SAME_TIME && { wentBackTo: last }),
        ...(forked !== null && { forked }),
      };
    },
  };
}

type Growth = Parameters<Ledger['grow']>[1];

/** How the log grows by what was told, if it does; in words why it is another log than what is kept. */
async function grown(
  database: Database,
  ledger: Ledger,
  log: LogHead | undefined,
  { head, entries }: ToldNews,
): Promise<Growth | string | undefined> {
  const ours: TreeHead = log === undefined ? { size: 0, root: new Uint8Array() } : treeOf(log);
  for (const entry of entries) {
    const kept = await entryAt(database, ledger, ours.size, entry.number);
    if (kept !== undefined && !sameBytes(kept, entry.bytes))
      return `Entry ${entry.number} of the log of reports is another one than that which was told of before: somebody has the log's key and wrote another log, or an older state of the cell was restored.`;
  }
  if (head.size <= ours.size)
    return (await isPartOf(ledger, head, ours)) ? undefined : otherHead(head.size, ours.size);
  const heads = headsBehind(database, ours.size);
  const known = heads.find(({ size }) => size === head.size);
  if (known !== undefined && !sameBytes(known.root, head.root)) return otherHead(head.size, known.size);
  const following = entriesBehind(database, ours.size, entries);
  const all = known === undefined ? [...heads, head].sort((a, b) => a.size - b.size) : heads;
  return grownTo(ledger, ours, following, all);
}

const otherHead = (size: number, known: number): string =>
  `The log of reports of ${size} entries is not the one of ${known} entries that was told of before: somebody has the log's key and wrote another log, or an older state of the cell was restored.`;

const treeOf = ({ checkpoint }: Pick<LogHead, 'checkpoint'>): TreeHead =>
  readCheckpoint(Buffer.from(checkpoint), []);

async function entryAt(
  database: Database,
  ledger: Ledger,
  size: number,
  number: number,
): Promise<Uint8Array | undefined> {
  if (number < size) return (await ledger.entries(number, number + 1))[0];
  const row = database.read(() =>
    database.sql('SELECT entry FROM mirror_entries WHERE number = ?').get(number),
  ) as { readonly entry: Uint8Array } | undefined;
  return row?.entry;
}

type Head = ToldNews['head'];

/** Signed heads of more entries, the smallest first. */
const headsBehind = (database: Database, size: number): Head[] =>
  (
    database.read(() =>
      database.sql('SELECT size, checkpoint, key FROM mirror_heads WHERE size > ? ORDER BY size').all(size),
    ) as unknown as readonly LogHead[]
  ).map(({ checkpoint, key }) => ({ ...treeOf({ checkpoint }), checkpoint, key }));

/** Those that follow the first `size` entries without a gap, of those that are kept and that come now. */
function entriesBehind(database: Database, size: number, come: readonly PlacedEntry[]): PlacedEntry[] {
  const now = new Map(come.map((entry) => [entry.number, entry]));
  const following: PlacedEntry[] = [];
  const kept = database.sql('SELECT number, run, entry, statement FROM mirror_entries WHERE number = ?');
  for (let number = size; ; number++) {
    const row = kept.get(number) as
      { readonly run: string; readonly entry: Uint8Array; readonly statement: string | null } | undefined;
    const entry =
      now.get(number) ??
      (row && { number, run: row.run, bytes: row.entry, statement: row.statement ?? undefined });
    if (entry === undefined) return following;
    following.push(entry);
  }
}

/** The log with those of the entries behind it that a signed head is of, or in words that they are not what was signed. */
async function grownTo(
  ledger: Ledger,
  { size }: TreeHead,
  following: readonly PlacedEntry[],
  heads: readonly Head[],
): Promise<Growth | string | undefined> {
  const reached = heads.filter((head) => head.size <= size + following.length);
  const last = reached.at(-1);
  if (last === undefined) return undefined;
  const entries = following.slice(0, last.size - size);
  const edge = await tilesOf(ledger, edgeOf(size));
  const appended = append(
    size,
    entries.map((entry) => leafHash(entry.bytes)),
    edge,
  );
  // All that a smaller log has at its right edge stands in these, too.
  const tiles = new Map(appended.tiles.map((tile) => [nameOf(tile), tile.bytes]));
  const read: ReadTile = (place) => tiles.get(nameOf(place)) ?? edge(place);
  for (const head of reached)
    if (!sameBytes(rootFrom(head.size).compute(read), head.root)) return otherHead(head.size, size);
  return { head: last, entries, tiles: appended.tiles };
}

const nameOf = ({ level, index }: TilePlace): string => `${level}/${index}`;

/** @throws OtherLog where a run has another entry, or a report of that number in its chain is another one: a log says each once. */
function refuseTwice(database: Database, { entries, header }: ToldNews): void {
  for (const { number, run } of entries) {
    const other = database
      .sql(
        `SELECT number FROM log_entries WHERE run = ?1 AND number <> ?2
         UNION ALL SELECT number FROM mirror_entries WHERE run = ?1 AND number <> ?2 LIMIT 1`,
      )
      .get(run, number) as { readonly number: number } | undefined;
    if (other !== undefined)
      throw new OtherLog(
        'other-log',
        `Entries ${other.number} and ${number} of the log of reports are about one run.`,
      );
  }
  if (header === undefined) return;
  const { id, reportName, sequence } = header;
  const other = database
    .sql('SELECT id FROM headers WHERE report_name = ? AND sequence = ? AND id <> ?')
    .get(reportName, sequence, id);
  if (other !== undefined)
    throw new OtherLog('other-log', `Two reports of one name are number ${sequence} in their chain.`);
}

/** @param shown the entries that are in the log already. */
function keepNews(database: Database, before: Told | undefined, news: ToldNews, shown: number): void {
  const { head, entries, header, uid, toldAt } = news;
  if (header !== undefined) {
    const { id, reportName, reportType, end, sequence } = header;
    database
      .sql(
        'INSERT INTO headers (id, report_name, report_type, "end", sequence, header) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
      )
      .run(id, reportName, reportType, end, sequence, JSON.stringify(header));
  }
  for (const { number, run, bytes, statement = null } of entries)
    if (number >= shown)
      database
        .sql(
          'INSERT INTO mirror_entries (number, run, entry, statement) VALUES (?, ?, ?, ?) ON CONFLICT (number) DO NOTHING',
        )
        .run(number, run, bytes, statement);
  if (head.size > shown)
    database
      .sql('INSERT INTO mirror_heads (size, checkpoint, key) VALUES (?, ?, ?) ON CONFLICT (size) DO NOTHING')
      .run(head.size, head.checkpoint, head.key);
  const isLast = before === undefined || later([toldAt, head.size], [before.heard, before.last_size]);
  const isMost = before === undefined || later([head.size, toldAt], [before.most_size, before.most_at]);
  database
    .sql(
      'REPLACE INTO mirror_told (id, heard, last_size, most_size, most_at, uid, forked) VALUES (0, ?, ?, ?, ?, ?, NULL)',
    )
    .run(
      isLast ? toldAt : before.heard,
      isLast ? head.size : before.last_size,
      isMost ? head.size : before.most_size,
      isMost ? toldAt : before.most_at,
      before?.uid ?? uid ?? null,
    );
}

const later = ([a, a2]: readonly [number, number], [b, b2]: readonly [number, number]): boolean =>
  a > b || (a === b && a2 > b2);

function forgetShown(database: Database, shown: number): void {
  database.sql('DELETE FROM mirror_entries WHERE number < ?').run(shown);
  database.sql('DELETE FROM mirror_heads WHERE size <= ?').run(shown);
}

/** The entries from `shown` to the last one that was told of that have not come. */
function missingIn(database: Database, shown: number, told: number): EntryRange[] {
  const rows = database
    .sql('SELECT number FROM mirror_entries WHERE number >= ? ORDER BY number')
    .iterate(shown) as unknown as Iterable<{ readonly number: number }>;
  const missing: EntryRange[] = [];
  let next = shown;
  for (const { number } of rows) {
    if (number > next) missing.push({ from: next, to: number - 1 });
    next = number + 1;
    if (missing.length === RANGES_MAX) return missing;
  }
  if (next < told) missing.push({ from: next, to: told - 1 });
  return missing;
}
