import type { Flow } from '@margay/history';
import type { Database } from '../database/open.ts';
import type { Snapshots } from '../database/snapshots.ts';
import type { Flows } from './flows.ts';

/** The table of the embedded flows. */
export const FLOW_TABLES = `
  CREATE TABLE flows (
    id INTEGER PRIMARY KEY, flow_id TEXT NOT NULL UNIQUE, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL,
    flow TEXT NOT NULL
  ) STRICT;
  CREATE INDEX flows_by_time ON flows (start_at, flow_id)`;

/** The flows in the embedded database. */
export function embeddedFlows(database: Database, snapshots: Snapshots): Flows {
  const insert = ({ id, startAt, endAt, reporter, action, source, destination }: Flow): boolean =>
    database
      .sql('INSERT INTO flows (flow_id, start_at, end_at, flow) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(id, startAt, endAt, JSON.stringify({ id, startAt, endAt, reporter, action, source, destination }))
      .changes === 1;

  return {
    append: async (flows) => database.transaction(() => flows.filter(insert).length),

    async *between({ start, end }) {
      yield* snapshots.rows((sql) =>
        parsed(
          sql('SELECT flow FROM flows WHERE start_at < ? AND end_at > ? ORDER BY start_at, flow_id').iterate(
            end,
            start,
          ) as Iterable<never>,
        ),
      );
    },
  };
}

function* parsed(rows: Iterable<{ readonly flow: string }>): Generator<Flow> {
  for (const { flow } of rows) yield JSON.parse(flow) as Flow;
}
