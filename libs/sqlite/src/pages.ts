import type { DatabaseSync } from 'node:sqlite';

/**
 * What SQLite finds first when it looks through pages; undefined where they are as they were written.
 *
 * @param check the pragma that looks: `quick_check(1)` of all tables, `quick_check("name")` of one.
 */
export function damageIn(connection: DatabaseSync, check: string): Error | undefined {
  const [found] = connection.prepare(`PRAGMA ${check}`).all();
  const said = Object.values(found ?? {})[0];
  return said === 'ok' ? undefined : new Error(String(said));
}
