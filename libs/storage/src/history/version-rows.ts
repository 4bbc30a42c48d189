import type { Version } from '@margay/history';
import type { Database } from '@margay/sqlite';
import { sameVersion } from './same-version.ts';
import type { TableIds } from './table-ids.ts';
import { CURRENT } from './tables.ts';

/** A version row that is there. */
export interface WrittenVersion {
  readonly row: number;
  readonly version: Version;
}

/**
 * Brings version rows to what is true now, and gives the row of the last one. Rows that stay true are not touched.
 *
 * @param written the rows in the place of which the versions stand, both in time order.
 */
export function replaceVersions(
  database: Database,
  ids: TableIds,
  key: number,
  written: readonly WrittenVersion[],
  versions: readonly Version[],
): number | undefined {
  let same = 0;
  while (same < versions.length && sameVersion(written[same]?.version, versions[same])) same++;
  let last = written[same - 1]?.row;
  for (const { row } of written.slice(same)) database.sql('DELETE FROM versions WHERE id = ?').run(row);
  for (const version of versions.slice(same)) last = insertVersion(database, ids, key, version);
  return last;
}

function insertVersion(database: Database, ids: TableIds, key: number, version: Version): number {
  const { lastInsertRowid } = database
    .sql(
      `INSERT INTO versions (key, uid, resource_version, valid_from, valid_to, content, seen_mid_life, ended_by,
         "user", impersonated, doubt, restored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      key,
      version.uid,
      version.resourceVersion,
      version.validFrom,
      version.validTo ?? CURRENT,
      ids.content(version.content),
      version.seenMidLife === true ? 1 : 0,
      version.endedBy ?? null,
      version.actor?.user ?? null,
      version.actor?.impersonated ?? null,
      version.doubt === undefined ? null : JSON.stringify(version.doubt),
      version.restored === undefined ? null : JSON.stringify(version.restored),
    );
  return Number(lastInsertRowid);
}
