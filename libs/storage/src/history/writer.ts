import { setImmediate } from 'node:timers/promises';
import { FOLD, foldOn, foldWhole, hindsight, isKept, type Change } from '@margay/history';
import type { Database } from '@margay/sqlite';
import { arrivalNotes, forgetOpened, type NoteArrival } from '../arrivals/embedded.ts';
import { insertChange, insertRepeat } from './change-rows.ts';
import type { Appended } from './history.ts';
import { KeyTails, type RowTail } from './key-tails.ts';
import { TableIds } from './table-ids.ts';
import {
  CHANGES_OF_KEY,
  CURRENT,
  changeOf,
  SELECT_VERSIONS,
  versionOf,
  type ChangeRow,
  type VersionRow,
} from './tables.ts';
import { replaceVersions } from './version-rows.ts';

/** So many keys are folded anew in one transaction: what is published meanwhile waits no longer than for these. */
const FOLDED_AT_ONCE = 100;

/** Writes changes and the versions derived from them. One for each database, since it remembers what it wrote. */
export function historyWriter(database: Database) {
  const tails = new KeyTails(database);
  const ids = new TableIds(database, (key) => tails.holdNew(key));

  /** Goes on from a key's tail; false where the changes are not all later than what there is. */
  const extend = (key: number, { tail, lastRow }: RowTail, changes: readonly Change[]): boolean => {
    const fold = foldOn(tail, changes);
    if (fold === undefined) return false;
    const written =
      lastRow === undefined || tail.last === undefined ? [] : [{ row: lastRow, version: tail.last }];
    const row = replaceVersions(database, ids, key, written, fold.versions);
    tails.hold(key, { tail: fold.tail, ...(row !== undefined && { lastRow: row }) });
    return true;
  };

  /** Folds all changes of a key, which are in the database by now; those that were added may tell of the time before them. */
  const refold = (key: number, added: readonly Change[], arrived: NoteArrival): void => {
    const changes = (database.sql(CHANGES_OF_KEY).all(key) as unknown as ChangeRow[]).map(changeOf);
    const rows = database
      .sql(`${SELECT_VERSIONS} WHERE v.key = ? ORDER BY v.valid_from, v.id`)
      .all(key) as unknown as VersionRow[];
    const { tail, versions } = foldWhole(changes);
    const written = rows.map((row) => ({ row: row.id, version: versionOf(row) }));
    const before = written.map(({ version }) => version);
    const { opened, closed } = hindsight(added, before, versions);
    for (const start of closed) forgetOpened(database, key, start);
    for (const { start, end, event } of opened)
      arrived({ kind: 'opened', first: start, last: Math.min(end, CURRENT), event, key });
    const row = replaceVersions(database, ids, key, written, versions);
    database
      .sql('UPDATE keys SET fold = ?2, goes_on = ?3 WHERE id = ?1 AND (fold <> ?2 OR goes_on <> ?3)')
      .run(key, FOLD, tail.plain ? 1 : 0);
    tails.hold(key, { tail, ...(row !== undefined && { lastRow: row }) });
  };

  const unlessBroken = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      // Nothing was written: what is held may be ahead of the file.
      ids.forget();
      tails.forget();
      throw error;
    }
  };

  /** Folds some keys anew of those that another fold has made; gives how many there were. */
  const foldSome = (): number => {
    const old = database
      .sql('SELECT id FROM keys WHERE fold <> ? LIMIT ?')
      .all(FOLD, FOLDED_AT_ONCE) as unknown as { id: number }[];
    database.transaction(() => {
      const arrived = arrivalNotes(database);
      for (const { id } of old) refold(id, [], arrived);
    }, 'later');
    return old.length;
  };

  const append = (changes: readonly Change[]): Appended =>
    unlessBroken(() =>
      database.transaction(() => {
        const arrived = arrivalNotes(database);
        let applied = 0;
        let repeated = 0;
        const touched = new Map<number, { readonly before: RowTail; readonly added: Change[] }>();
        for (const change of changes) {
          const key = ids.key(change);
          // Before the key's first change is inserted: the tail is that of the changes before.
          const mine = touched.get(key) ?? { before: tails.of(key), added: [] };
          touched.set(key, mine);
          if (insertChange(database, ids, key, change)) {
            applied++;
            const { at, eventId: event } = change;
            arrived({ kind: 'change', first: at, last: at, event });
            mine.added.push(change);
          } else if (isKept(change) && insertRepeat(database, ids, change)) repeated++;
        }
        for (const [key, { before, added }] of touched) {
          if (added.length > 0 && !extend(key, before, added)) refold(key, added, arrived);
        }
        return { applied, repeated };
      }, 'later'),
    );

  return {
    append,
    async foldAnew(signal: AbortSignal): Promise<number> {
      let folded = 0;
      for (let some = 1; some > 0 && !signal.aborted; folded += some) {
        some = unlessBroken(foldSome);
        await setImmediate();
      }
      return folded;
    },
  };
}
