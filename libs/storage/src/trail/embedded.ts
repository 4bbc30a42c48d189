import { flatPolicyEvent, policyEventOf, type FlatPolicyEvent, type PolicyEvent } from '@margay/history';
import type { Database, Snapshots } from '@margay/sqlite';
import { arrivalNotes, type NoteArrival } from '../arrivals/embedded.ts';
import type { Trail } from './trail.ts';

/** The tables of the embedded trail. */
export const TRAIL_TABLES = `
  CREATE TABLE trail (
    id INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, "group" TEXT NOT NULL,
    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, verb TEXT NOT NULL, "user" TEXT,
    impersonated TEXT, refused INTEGER NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trail_by_time ON trail (at, event_id)`;

/** What became of each attempt, where "refused" does not say all. */
export const TRAIL_OUTCOME = 'ALTER TABLE trail ADD COLUMN outcome TEXT';

type TrailRow = Omit<FlatPolicyEvent, 'refused'> & { readonly refused: number };

/** The trail in the embedded database. */
export function embeddedTrail(database: Database, snapshots: Snapshots): Trail {
  const insert = (told: PolicyEvent, arrived: NoteArrival): boolean => {
    const { eventId, at, group, resource, namespace, name, verb, ...rest } = flatPolicyEvent(told);
    const { user, impersonated, refused, outcome, event } = rest;
    const isNew =
      database
        .sql(
          `INSERT INTO trail (event_id, at, "group", resource, namespace, name, verb, "user", impersonated, refused, outcome, event)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        )
        .run(
          eventId,
          at,
          group,
          resource,
          namespace,
          name,
          verb,
          user,
          impersonated,
          refused ? 1 : 0,
          outcome,
          event,
        ).changes === 1;
    // What was done, or may have been, is a change of the history too.
    if (isNew && refused) arrived({ kind: 'refused', first: at, last: at, event: eventId });
    return isNew;
  };

  return {
    append: async (events) =>
      database.transaction(() => {
        const arrived = arrivalNotes(database);
        return events.filter((event) => insert(event, arrived)).length;
      }, 'later'),

    async *between({ start, end }, resources, object) {
      yield* snapshots.rows((sql) =>
        mapped(
          sql(
            `SELECT *, event_id AS eventId FROM trail WHERE at >= ? AND at < ?
               AND (?3 IS NULL OR resource IN (SELECT value FROM json_each(?3)))
               AND (?4 IS NULL OR (namespace IN (?4, '') AND name IN (?5, ''))) ORDER BY at, event_id`,
          ).iterate(
            start,
            end,
            resources === undefined ? null : JSON.stringify(resources),
            object?.namespace ?? null,
            object?.name ?? null,
          ) as Iterable<never>,
        ),
      );
    },
  };
}

function* mapped(rows: Iterable<TrailRow>): Generator<PolicyEvent> {
  for (const row of rows) yield policyEventOf({ ...row, refused: row.refused === 1 });
}
