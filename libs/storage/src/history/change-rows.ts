import type { Instant } from '@margay/ground';
import type { Change } from '@margay/history';
import type { Database } from '@margay/sqlite';
import type { TableIds } from './table-ids.ts';
import { WHATS } from './tables.ts';

/** Inserts the change; false when its id is known. */
export function insertChange(
  database: Database,
  ids: TableIds,
  key: number,
  change: Change,
  publishedAt?: Instant,
): boolean {
  const { changes } = database
    .sql(
      `INSERT INTO changes (key, change_id, event_id, gone, uid, resource_version, at, received_at, content, created,
         "user", impersonated, source, position, doubt, generation, based_on, published_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (change_id) DO NOTHING`,
    )
    .run(
      key,
      change.id,
      change.eventId,
      WHATS.indexOf(change.what),
      change.uid ?? null,
      change.resourceVersion ?? null,
      change.at,
      change.receivedAt,
      change.content === undefined ? null : ids.content(change.content),
      change.created === true ? 1 : 0,
      change.actor?.user ?? null,
      change.actor?.impersonated ?? null,
      ids.source(change.origin.source),
      change.origin.position,
      change.doubt === undefined ? null : JSON.stringify(change.doubt),
      change.generation ?? null,
      change.basedOn ?? null,
      publishedAt ?? null,
    );
  return changes === 1;
}

/** Counts the event of a known change where it comes from another origin for the first time; false elsewhere. */
export function insertRepeat(database: Database, ids: TableIds, change: Change): boolean {
  const source = ids.source(change.origin.source);
  const { position } = change.origin;
  const first = database.sql('SELECT source, position FROM changes WHERE change_id = ?').get(change.id) as
    { source: number; position: number } | undefined;
  if (first?.source === source && first.position === position) return false;
  const { changes } = database
    .sql('INSERT INTO repeats (event_id, source, position, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .run(change.eventId, source, position, change.at);
  return changes === 1;
}
