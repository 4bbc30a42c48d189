import {
  append,
  edgeOf,
  EMPTY_ROOT,
  leafHash,
  type PlacedKeyChange,
  readCheckpoint,
  type ReadTile,
  rootFrom,
  sameBytes,
  type TilePlace,
  type TreeHead,
} from '@margay/ledger';
import type { Database } from '@margay/sqlite';
import type { ArchivedHeader } from '../archive/archive.ts';
import { isOfKey } from '../ledger/key-changes.ts';
import type { Ledger, LogHead } from '../ledger/ledger.ts';
import { isPartOf, tilesOf } from '../ledger/from-tiles.ts';
import { forgetRetired, isByRetired, isKnown, keyChangesTold } from './keys-told.ts';
import { type Mirror, OtherLog, type PlacedEntry, type ToldNews } from './mirror.ts';
import { readTold, standingOf, writeForked, writeTold } from './told.ts';

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

/** What a hub keeps of a cluster, in the embedded database that has its archive and its log. */
export function embeddedMirror(database: Database, ledger: Ledger): Mirror {
  // Each is looked at with each message, and has a signature.
  let changes: readonly PlacedKeyChange[] | undefined;
  return {
    async keep(news) {
      refuseOther(
        database.read(() => readTold(database)),
        news,
      );
      const log = await ledger.head();
      const shown = log?.size ?? 0;
      const isOld = isByRetired(news);
      if (isOld) await refuseNew(database, ledger, log, news);
      if (await hasNewKey(database, ledger, shown, news)) {
        changes = undefined;
        database.transaction(() => forgetRetired(database, news.signersAt), 'later');
      }
      const growth = await grown(database, ledger, log, news);
      if (typeof growth === 'string') {
        database.transaction(() => writeForked(database, growth));
        throw new OtherLog('other-log', growth);
      }
      database.read(() => refuseTwice(database, news));
      database.transaction(() => {
        keepNews(database, news, shown);
        writeTold(database, news, isOld);
      });
      if (growth !== undefined) await ledger.grow(shown, growth);
      database.transaction(() => forgetShown(database, growth?.head.size ?? shown), 'later');
    },

    keyChanges: async () => (changes ??= database.read(() => keyChangesTold(database))),

    uid: async () => database.read(() => readTold(database)).uid ?? undefined,

    async standing() {
      const shown = (await ledger.head())?.size ?? 0;
      return database.read(() => standingOf(database, shown));
    },
  };
}

/** @throws OtherLog where it is of another cluster, or of one of which nothing more is taken. */
function refuseOther({ forked, uid }: ReturnType<typeof readTold>, news: ToldNews): void {
  if (forked !== null) throw new OtherLog('other-log', forked);
  if (uid !== null && news.uid !== undefined && uid !== news.uid)
    throw new OtherLog(
      'other-cluster',
      `The kube-system of its cluster has another uid than ${uid}, that of the cluster which was told of before.`,
    );
}

/** @throws OtherLog where a key that another one followed tells anything that is not known. */
async function refuseNew(
  database: Database,
  ledger: Ledger,
  log: LogHead | undefined,
  news: ToldNews,
): Promise<void> {
  const shown = treeOf(log);
  const entryOf = (number: number) => entryAt(database, ledger, shown.size, number);
  if (await isKnown(database, ledger, { shown, entryOf }, news)) return;
  throw new OtherLog(
    'retired-key',
    'The key that signed it is one that another key followed, and it tells what was not told of before: margay tell-hubs in the cell tells all again with the key of now; if it is there already, somebody has the old key.',
  );
}

/** Whether it tells of a change of keys that nobody told of before. */
async function hasNewKey(
  database: Database,
  ledger: Ledger,
  shown: number,
  { entries }: ToldNews,
): Promise<boolean> {
  for (const { number, run } of entries)
    if (isOfKey(run) && (await entryAt(database, ledger, shown, number)) === undefined) return true;
  return false;
}

type Growth = Parameters<Ledger['grow']>[1];

/** How the log grows by what was told, if it does; in words why it is another log than what is kept. */
async function grown(
  database: Database,
  ledger: Ledger,
  log: LogHead | undefined,
  { head, entries }: ToldNews,
): Promise<Growth | string | undefined> {
  const ours = treeOf(log);
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

const treeOf = (log: Pick<LogHead, 'checkpoint'> | undefined): TreeHead =>
  log === undefined ? { size: 0, root: EMPTY_ROOT } : readCheckpoint(Buffer.from(log.checkpoint), []);

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
    const waiting = row && { number, run: row.run, bytes: row.entry, statement: row.statement ?? undefined };
    const entry = waiting ?? now.get(number);
    if (entry === undefined) return following;
    following.push({ ...entry, statement: entry.statement ?? now.get(number)?.statement });
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

/**
 * @throws OtherLog where a run has another entry, a report of that number in its chain is another one, or what a report rests on is stated
 * otherwise: a log says each once.
 */
function refuseTwice(database: Database, { entries, header }: ToldNews): void {
  for (const { number, run, statement } of entries) {
    const kept = statementAt(database, number);
    if (kept !== undefined && statement !== undefined && payloadOf(kept) !== payloadOf(statement))
      throw new OtherLog(
        'other-statement',
        `What report ${run} rests on was stated otherwise before, and signed as well: somebody has a key of the log.`,
      );
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

function statementAt(database: Database, number: number): string | undefined {
  const row = database
    .sql(
      `SELECT statement FROM log_entries WHERE number = ?1 AND statement IS NOT NULL
       UNION ALL SELECT statement FROM mirror_entries WHERE number = ?1 AND statement IS NOT NULL LIMIT 1`,
    )
    .get(number) as { readonly statement: string } | undefined;
  return row?.statement;
}

/** What was signed. Envelopes that were looked at have it; of one that was not, it is another one. */
const payloadOf = (envelope: string): unknown =>
  (JSON.parse(envelope) as { readonly payload?: unknown } | null)?.payload;

/** @param shown how many entries are in the log already. */
function keepNews(database: Database, { head, entries, header }: ToldNews, shown: number): void {
  if (header !== undefined) keepHeader(database, header);
  for (const { number, run, bytes, statement = null } of entries) {
    if (number >= shown)
      database
        .sql(
          `INSERT INTO mirror_entries (number, run, entry, statement, head_size, head_key) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (number) DO NOTHING`,
        )
        .run(number, run, bytes, statement, head.size, head.key);
    if (statement === null) continue;
    // Whoever passed it on may have left it out.
    for (const table of ['log_entries', 'mirror_entries'])
      database
        .sql(`UPDATE ${table} SET statement = ? WHERE number = ? AND statement IS NULL`)
        .run(statement, number);
  }
  if (head.size > shown)
    database
      .sql('INSERT INTO mirror_heads (size, checkpoint, key) VALUES (?, ?, ?) ON CONFLICT (size) DO NOTHING')
      .run(head.size, head.checkpoint, head.key);
}

/** The log shows what it is: one that is here and is not that was changed since. */
function keepHeader(database: Database, header: ArchivedHeader): void {
  const { id, reportName, reportType, end, sequence } = header;
  database
    .sql(
      `INSERT INTO headers (id, report_name, report_type, "end", sequence, header) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET header = excluded.header, report_name = excluded.report_name,
         report_type = excluded.report_type, "end" = excluded."end", sequence = excluded.sequence
       WHERE headers.header <> excluded.header`,
    )
    .run(id, reportName, reportType, end, sequence, JSON.stringify(header));
}

function forgetShown(database: Database, shown: number): void {
  database.sql('DELETE FROM mirror_entries WHERE number < ?').run(shown);
  database.sql('DELETE FROM mirror_heads WHERE size <= ?').run(shown);
}
