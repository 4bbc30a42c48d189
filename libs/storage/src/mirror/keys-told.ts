import { NoEntry, type PlacedKeyChange, readKeyChange, sameBytes, type TreeHead } from '@margay/ledger';
import type { Database } from '@margay/sqlite';
import { BEHIND_KEYS, OF_KEYS } from '../ledger/key-changes.ts';
import { isPartOf } from '../ledger/from-tiles.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PlacedEntry, ToldNews } from './mirror.ts';

/** The changes of keys among the entries that are shown, and among those that wait. No run has such an id. */
export function keyChangesTold(database: Database): PlacedKeyChange[] {
  const rows = database
    .sql(
      `SELECT number, entry FROM log_entries WHERE run >= '${OF_KEYS}' AND run < '${BEHIND_KEYS}'
       UNION SELECT number, entry FROM mirror_entries WHERE run >= '${OF_KEYS}' AND run < '${BEHIND_KEYS}' ORDER BY number`,
    )
    .all() as unknown as readonly { readonly number: number; readonly entry: Uint8Array }[];
  return rows.flatMap(({ number, entry }) => changeIn({ number, bytes: entry }));
}

/** The change of keys that an entry tells of, if it is one. */
function changeIn({ number, bytes }: Pick<PlacedEntry, 'number' | 'bytes'>): PlacedKeyChange[] {
  try {
    const change = readKeyChange(bytes, number);
    return change === undefined ? [] : [{ number, change }];
  } catch (error) {
    if (error instanceof NoEntry) return [];
    throw error;
  }
}

/** Whether the key that signed the head is one that another one followed. */
export const isByRetired = ({ head, signersAt }: ToldNews): boolean =>
  !signersAt(Number.MAX_SAFE_INTEGER).includes(head.key);

/**
 * Whether all is known already that is told. What a retired key signed long ago may come again; something new may be by whoever stole it.
 *
 * @param shown the log.
 * @param entryOf the bytes that are kept of an entry.
 */
export async function isKnown(
  database: Database,
  ledger: Ledger,
  { shown, entryOf }: { readonly shown: TreeHead; readonly entryOf: EntryOf },
  { head, entries }: ToldNews,
): Promise<boolean> {
  for (const { number, bytes } of entries) {
    const kept = await entryOf(number);
    if (kept === undefined || !sameBytes(kept, bytes)) return false;
  }
  if (head.size <= shown.size) return isPartOf(ledger, head, shown);
  const waiting = database.sql('SELECT checkpoint FROM mirror_heads WHERE size = ?').get(head.size) as
    { readonly checkpoint: string } | undefined;
  return waiting?.checkpoint === head.checkpoint;
}

type EntryOf = (number: number) => Promise<Uint8Array | undefined>;

/**
 * Forgets what waits and was signed by a key that signs no more: while nobody had told that another one followed it, whoever had stolen it
 * was believed.
 */
export function forgetRetired(database: Database, signersAt: ToldNews['signersAt']): void {
  const signs = new Map<number, readonly string[]>();
  const isVoid = ({ size, key }: Signature): boolean => {
    const signers = signs.get(size) ?? signersAt(size);
    signs.set(size, signers);
    return !signers.includes(key);
  };
  const all = (sql: string): Signature[] => database.sql(sql).all() as unknown as Signature[];
  for (const { size } of all('SELECT size, key FROM mirror_heads').filter(isVoid))
    database.sql('DELETE FROM mirror_heads WHERE size = ?').run(size);
  const entries = all(
    'SELECT DISTINCT head_size AS size, head_key AS key FROM mirror_entries WHERE head_key IS NOT NULL',
  );
  for (const { size, key } of entries.filter(isVoid)) {
    database
      .sql(
        'DELETE FROM headers WHERE id IN (SELECT run FROM mirror_entries WHERE head_size = ? AND head_key = ?)',
      )
      .run(size, key);
    database.sql('DELETE FROM mirror_entries WHERE head_size = ? AND head_key = ?').run(size, key);
  }
}

/** By which head something is known to be in the log. */
interface Signature {
  readonly size: number;
  readonly key: string;
}
