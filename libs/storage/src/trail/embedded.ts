import type { PolicyEvent } from '@margay/history';
import type { Database, Snapshots } from '@margay/sqlite';
import type { Trail } from './trail.ts';

/** The tables of the embedded trail. */
export const TRAIL_TABLES = `
  CREATE TABLE trail (
    id INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, "group" TEXT NOT NULL,
    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, verb TEXT NOT NULL, "user" TEXT,
    impersonated TEXT, refused INTEGER NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trail_by_time ON trail (at, event_id)`;

interface TrailRow {
  readonly event_id: string;
  readonly at: number;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly verb: string;
  readonly user: string | null;
  readonly impersonated: string | null;
  readonly refused: number;
  readonly event: string;
}

/** The trail in the embedded database. */
export function embeddedTrail(database: Database, snapshots: Snapshots): Trail {
  const insert = (event: PolicyEvent): boolean =>
    database
      .sql(
        `INSERT INTO trail (event_id, at, "group", resource, namespace, name, verb, "user", impersonated, refused, event)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(
        event.eventId,
        event.at,
        event.group,
        event.resource,
        event.namespace,
        event.name,
        event.verb,
        event.actor?.user ?? null,
        event.actor?.impersonated ?? null,
        event.refused ? 1 : 0,
        JSON.stringify(event.event),
      ).changes === 1;

  return {
    append: async (events) => database.transaction(() => events.filter(insert).length),

    async *between({ start, end }) {
      yield* snapshots.rows((sql) =>
        mapped(
          sql('SELECT * FROM trail WHERE at >= ? AND at < ? ORDER BY at, event_id').iterate(
            start,
            end,
          ) as Iterable<never>,
        ),
      );
    },
  };
}

function* mapped(rows: Iterable<TrailRow>): Generator<PolicyEvent> {
  for (const row of rows) {
    yield {
      eventId: row.event_id,
      at: row.at,
      group: row.group,
      resource: row.resource,
      namespace: row.namespace,
      name: row.name,
      verb: row.verb,
      ...(row.user !== null && {
        actor: { user: row.user, ...(row.impersonated !== null && { impersonated: row.impersonated }) },
      }),
      refused: row.refused === 1,
      event: JSON.parse(row.event) as unknown,
    };
  }
}
