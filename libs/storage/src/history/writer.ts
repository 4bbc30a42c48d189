import { setImmediate } from 'node:timers/promises';
import { FOLD, foldOn, isKept, refold, type Change } from '@margay/history';
import type { Database } from '@margay/sqlite';
import { arrivalNotes, forgetOpened, type NoteArrival } from '../arrivals/embedded.ts';
import { insertChange, insertRepeat } from './change-rows.ts';
import type { Appended, PublishedAt } from './history.ts';
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
export class HistoryWriter {
  readonly #database: Database;
  readonly #tails: KeyTails;
  readonly #ids: TableIds;

  constructor(database: Database) {
    this.#database = database;
    this.#tails = new KeyTails(database);
    this.#ids = new TableIds(database, (key) => this.#tails.holdNew(key));
  }

  append(changes: readonly Change[], publishedAt?: PublishedAt): Appended {
    return this.#written((arrived) => {
      let applied = 0;
      let repeated = 0;
      const touched = new Map<number, { readonly before: RowTail; readonly added: Change[] }>();
      for (const change of changes) {
        const key = this.#ids.key(change);
        // Before the key's first change is inserted: the tail is that of the changes before.
        const mine = touched.get(key) ?? { before: this.#tails.of(key), added: [] };
        touched.set(key, mine);
        if (insertChange(this.#database, this.#ids, key, change, publishedAt?.(change))) {
          applied++;
          const { at, eventId: event } = change;
          arrived({ kind: 'change', first: at, last: at, event });
          mine.added.push(change);
        } else if (isKept(change) && insertRepeat(this.#database, this.#ids, change)) repeated++;
      }
      for (const [key, { before, added }] of touched) {
        if (added.length > 0 && !this.#extend(key, before, added)) this.#refold(key, added, arrived);
      }
      return { applied, repeated };
    });
  }

  /** Folds keys anew that another fold has made, until there are none; gives how many there were. */
  async foldAnew(signal: AbortSignal): Promise<number> {
    let folded = 0;
    for (let some = 1; some > 0 && !signal.aborted; folded += some) {
      some = this.#foldSome();
      await setImmediate();
    }
    return folded;
  }

  #foldSome(): number {
    const old = this.#database
      .sql(
        `SELECT id FROM keys WHERE fold < ?1 UNION ALL SELECT id FROM keys WHERE fold > ?1 LIMIT ${FOLDED_AT_ONCE}`,
      )
      .all(FOLD) as unknown as { id: number }[];
    if (old.length > 0)
      this.#written((arrived) => {
        for (const { id } of old) this.#refold(id, [], arrived);
      });
    return old.length;
  }

  #written<T>(write: (arrived: NoteArrival) => T): T {
    try {
      return this.#database.transaction(() => write(arrivalNotes(this.#database)), 'later');
    } catch (error) {
      // Nothing was written: what is held may be ahead of the file.
      this.#ids.forget();
      this.#tails.forget();
      throw error;
    }
  }

  /** Goes on from a key's tail; false where the changes are not all later than what there is. */
  #extend(key: number, { tail, lastRow }: RowTail, changes: readonly Change[]): boolean {
    const fold = foldOn(tail, changes);
    if (fold === undefined) return false;
    const written =
      lastRow === undefined || tail.last === undefined ? [] : [{ row: lastRow, version: tail.last }];
    const row = replaceVersions(this.#database, this.#ids, key, written, fold.versions);
    this.#tails.hold(key, { tail: fold.tail, ...(row !== undefined && { lastRow: row }) });
    return true;
  }

  /** Folds all changes of a key, which are in the database by now; those that were added may tell of the time before them. */
  #refold(key: number, added: readonly Change[], arrived: NoteArrival): void {
    const database = this.#database;
    const changes = (database.sql(CHANGES_OF_KEY).all(key) as unknown as ChangeRow[]).map(changeOf);
    const rows = database
      .sql(`${SELECT_VERSIONS} WHERE v.key = ? ORDER BY v.valid_from, v.id`)
      .all(key) as unknown as VersionRow[];
    const { fold } = database.sql('SELECT fold FROM keys WHERE id = ?').get(key) as { fold: number };
    const written = rows.map((row) => ({ row: row.id, version: versionOf(row) }));
    const before = { versions: written.map(({ version }) => version), fold };
    const { tail, versions, opened, closed, derivedAnew } = refold(changes, added, before);
    for (const start of closed) forgetOpened(database, key, start);
    for (const { start, end, event } of opened)
      arrived({ kind: 'opened', first: start, last: Math.min(end, CURRENT), event, key });
    for (const { start, end } of derivedAnew)
      arrived({ kind: 'derived anew', first: start, last: Math.min(end, CURRENT), key });
    const row = replaceVersions(database, this.#ids, key, written, versions);
    database
      .sql('UPDATE keys SET fold = ?2, goes_on = ?3 WHERE id = ?1 AND (fold <> ?2 OR goes_on <> ?3)')
      .run(key, FOLD, tail.plain ? 1 : 0);
    this.#tails.hold(key, { tail, ...(row !== undefined && { lastRow: row }) });
  }
}
