import type { Database } from '@margay/sqlite';
import type { EntryRange, MirrorStanding, ToldNews } from './mirror.ts';

/** What was told of a cluster's log, beside its entries and heads. */
export const MIRROR_TIMES = `
  CREATE TABLE mirror_standing (
    id INTEGER PRIMARY KEY CHECK (id = 0), heard INTEGER, heard_size INTEGER, most_size INTEGER, most_at INTEGER,
    ahead INTEGER, uid TEXT, forked TEXT
  ) STRICT;
  INSERT INTO mirror_standing (id, uid, forked) SELECT id, uid, forked FROM mirror_told;
  DROP TABLE mirror_told;
  ALTER TABLE mirror_entries ADD COLUMN head_size INTEGER;
  ALTER TABLE mirror_entries ADD COLUMN head_key TEXT`;

/** What was told of a cluster. Times and sizes are those of heads that were signed with their time. */
export interface Told {
  /** The last time, and the greatest size at that time. */
  readonly heard: number | null;
  readonly heard_size: number | null;
  /** The greatest size, and the last time at which it had that. */
  readonly most_size: number | null;
  readonly most_at: number | null;
  /** The greatest time that was ahead of the clock here. */
  readonly ahead: number | null;
  readonly uid: string | null;
  readonly forked: string | null;
}

const NOTHING: Told = {
  heard: null,
  heard_size: null,
  most_size: null,
  most_at: null,
  ahead: null,
  uid: null,
  forked: null,
};

export const readTold = (database: Database): Told =>
  (database.sql('SELECT * FROM mirror_standing').get() as Told | undefined) ?? NOTHING;

/** @param isByRetired a key that another one followed may say any time. */
export function writeTold(database: Database, news: ToldNews, isByRetired: boolean): void {
  const told = afterNews(readTold(database), news, isByRetired);
  database
    .sql(
      'REPLACE INTO mirror_standing (id, heard, heard_size, most_size, most_at, ahead, uid, forked) VALUES (0, ?, ?, ?, ?, ?, ?, ?)',
    )
    .run(told.heard, told.heard_size, told.most_size, told.most_at, told.ahead, told.uid, told.forked);
}

/** The greatest of each, so that it does not matter what came first. */
function afterNews(before: Told, { head, signedAt, aheadAt, uid }: ToldNews, isByRetired: boolean): Told {
  const told = { ...before, uid: before.uid ?? uid ?? null };
  if (isByRetired) return told;
  if (aheadAt !== undefined) return { ...told, ahead: Math.max(aheadAt, told.ahead ?? 0) };
  if (signedAt === undefined) return told;
  const isLast = isLater([signedAt, head.size], [told.heard, told.heard_size]);
  const isMost = isLater([head.size, signedAt], [told.most_size, told.most_at]);
  return {
    ...told,
    ...(isLast && { heard: signedAt, heard_size: head.size }),
    ...(isMost && { most_size: head.size, most_at: signedAt }),
  };
}

const isLater = (
  [a, a2]: readonly [number, number],
  [b, b2]: readonly [number | null, number | null],
): boolean => b === null || b2 === null || a > b || (a === b && a2 > b2);

/** Once and for good. */
export function writeForked(database: Database, words: string): void {
  writeFirst(database);
  database.sql('UPDATE mirror_standing SET forked = ? WHERE forked IS NULL').run(words);
}

const writeFirst = (database: Database): void => {
  database.sql('INSERT INTO mirror_standing (id) VALUES (0) ON CONFLICT (id) DO NOTHING').run();
};

/** Of workers that tell at the same time the one with the shorter log may come last: what is signed so long after is no such thing. */
const AT_THE_SAME_TIME = 600_000_000;
/** So many ranges of missing entries are said. */
const RANGES_MAX = 100;

/** @param shown the entries that are in the log. */
export function standingOf(database: Database, shown: number): MirrorStanding {
  const { heard, heard_size: last, most_size: most, most_at: mostAt, ahead, forked } = readTold(database);
  const { size } = database.sql('SELECT max(size) AS size FROM mirror_heads').get() as {
    readonly size: number | null;
  };
  const told = Math.max(shown, size ?? 0);
  const { waiting } = database
    .sql('SELECT count(*) AS waiting FROM mirror_entries WHERE number >= ?')
    .get(shown) as { readonly waiting: number };
  const wentBack =
    heard !== null &&
    last !== null &&
    most !== null &&
    mostAt !== null &&
    last < most &&
    // What a key said that is none any more is told of no more.
    most <= told &&
    heard > mostAt + AT_THE_SAME_TIME;
  return {
    ...(heard !== null && { heard }),
    ...(ahead !== null && { ahead }),
    told,
    shown,
    missing: missingIn(database, shown, told),
    missingEntries: told - shown - waiting,
    ...(wentBack && { wentBackTo: last }),
    ...(forked !== null && { forked }),
  };
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
