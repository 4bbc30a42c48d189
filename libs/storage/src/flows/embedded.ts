import { contactText, joiner, type Contact, type ContactTime, type Flow } from '@margay/flows';
import type { Database, Snapshots } from '@margay/sqlite';
import { arrivalNotes } from '../arrivals/embedded.ts';
import type { Flows } from './flows.ts';

/** The tables of the embedded flows. */
export const FLOW_TABLES = `
  -- Few pairs talk very often: their names are kept once.
  CREATE TABLE pairs (id INTEGER PRIMARY KEY, pair TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE flows (
    id INTEGER PRIMARY KEY, flow_id TEXT NOT NULL UNIQUE, pair INTEGER NOT NULL, reporter TEXT NOT NULL,
    start_at INTEGER NOT NULL, end_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX flows_by_end ON flows (end_at, start_at, pair)`;

/** The flows in the embedded database. */
export function embeddedFlows(database: Database, snapshots: Snapshots): Flows {
  const pairId = (text: string): number => {
    const found = database.sql('SELECT id FROM pairs WHERE pair = ?').get(text) as { id: number } | undefined;
    return found?.id ?? Number(database.sql('INSERT INTO pairs (pair) VALUES (?)').run(text).lastInsertRowid);
  };
  const insert = (flow: Flow): boolean =>
    database
      .sql(
        `INSERT INTO flows (flow_id, pair, reporter, start_at, end_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(flow.id, pairId(contactText(flow)), flow.reporter, flow.startAt, flow.endAt).changes === 1;

  return {
    append: async (flows) =>
      database.transaction(() => {
        const arrived = arrivalNotes(database);
        const fresh = flows.filter(insert);
        for (const { startAt, endAt } of fresh) arrived({ kind: 'flow', first: startAt, last: endAt });
        return fresh.length;
      }, 'later'),

    async *between({ start, end }) {
      yield* snapshots.rows((sql) =>
        joinedTimes(
          sql(
            `SELECT p.pair, f.start_at AS startAt, f.end_at AS endAt FROM flows f JOIN pairs p ON p.id = f.pair
             WHERE f.end_at > ? AND f.start_at < ? ORDER BY p.pair, f.start_at, f.end_at`,
          ).iterate(start, end) as Iterable<never>,
        ),
      );
    },
  };
}

function* joinedTimes(times: Iterable<ContactTime>): Generator<Contact> {
  const joining = joiner();
  for (const time of times) {
    const done = joining.next(time);
    if (done !== undefined) yield done;
  }
  const last = joining.end();
  if (last !== undefined) yield last;
}
