import type { Instant } from '@margay/ground';
import { NotAsWritten, type Database } from '@margay/sqlite';
import { hashOf } from '../history/tables.ts';
import { hourOf, type KeptList, type Lists } from './lists.ts';
import { askPacked, packedUids } from './packed-uids.ts';

/** The table of lists. What a disk turned over in the uids would end what is there: they are held against their SHA-256. */
export const LIST_TABLES = `
  CREATE TABLE lists (
    "group" TEXT NOT NULL, resource TEXT NOT NULL, hour INTEGER NOT NULL, sure INTEGER NOT NULL, at INTEGER NOT NULL,
    resource_version TEXT NOT NULL, whole INTEGER NOT NULL, teller TEXT NOT NULL, told_at INTEGER NOT NULL,
    uids BLOB NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY ("group", resource, hour, sure)
  ) STRICT`;

interface ListRow {
  readonly group: string;
  readonly resource: string;
  readonly sure: number;
  readonly at: Instant;
  readonly resource_version: string;
  readonly whole: number;
  readonly teller: string;
  readonly told_at: Instant;
}

/** The lists that were taken of the cluster, in the embedded database. */
export function embeddedLists(database: Database): Lists {
  return {
    append: async ({ group, resource, at, resourceVersion, isWhole, uids }, { isSure, teller, toldAt }) =>
      database.transaction(() => {
        const packed = packedUids(uids);
        database
          .sql(
            `INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET at = excluded.at, resource_version = excluded.resource_version, whole = excluded.whole,
               teller = excluded.teller, told_at = excluded.told_at, uids = excluded.uids, hash = excluded.hash
             WHERE excluded.at > lists.at`,
          )
          .run(
            group,
            resource,
            hourOf({ at }),
            Number(isSure),
            at,
            resourceVersion,
            Number(isWhole),
            teller,
            toldAt,
            packed,
            hashOf(packed),
          );
      }, 'later'),

    since: async (instant, kinds) =>
      database.read(() => {
        const some = database.sql(
          `SELECT "group", resource, sure, at, resource_version, whole, teller, told_at FROM lists
           WHERE "group" = ? AND resource = ? AND hour >= ? AND at >= ?`,
        );
        return kinds
          .flatMap(
            ({ group, resource }) =>
              some.all(group, resource, hourOf({ at: instant }), instant) as unknown as ListRow[],
          )
          .map(keptOf)
          .sort((a, b) => a.at - b.at);
      }),

    asked: async ({ group, resource, at, isSure }) =>
      database.read(() => {
        const row = database
          .sql(
            'SELECT uids, hash FROM lists WHERE "group" = ? AND resource = ? AND hour = ? AND sure = ? AND at = ?',
          )
          .get(group, resource, hourOf({ at }), Number(isSure), at) as
          { uids: Uint8Array; hash: Uint8Array } | undefined;
        if (row === undefined) return undefined;
        const packed = Buffer.from(row.uids);
        if (!hashOf(packed).equals(row.hash))
          throw new NotAsWritten(`A list of ${resource} is not the one that was written`);
        return askPacked(packed);
      }),
  };
}

const keptOf = ({
  group,
  resource,
  sure,
  at,
  resource_version,
  whole,
  teller,
  told_at,
}: ListRow): KeptList => ({
  group,
  resource,
  at,
  resourceVersion: resource_version,
  isWhole: whole === 1,
  isSure: sure === 1,
  teller,
  toldAt: told_at,
});
