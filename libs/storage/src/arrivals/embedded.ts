import type { Instant } from '@margay/ground';
import type { Database } from '@margay/sqlite';
import type { Arrivals, LateEvidence } from './arrivals.ts';

/**
 * What was stored although a window that it is of was known already: little, or nothing, while everything is in time. Kinds are
 * places in {@link KINDS}.
 */
export const ARRIVAL_TABLES = `
  CREATE TABLE arrivals (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
  ) STRICT`;

/** The event that told it: several changes can be of one. Of what an older release stored each is an event of its own. */
export const ARRIVAL_EVENTS = 'ALTER TABLE arrivals ADD COLUMN event TEXT';

const KINDS = ['change', 'refused', 'flow', 'delivery'] as const;

/** What is stored: of which kind, when, and for changes and refused writes by which event. */
export interface Arrival {
  readonly kind: (typeof KINDS)[number];
  readonly first: Instant;
  readonly last: Instant;
  readonly event?: string;
}

/** Notes what is stored behind the end of a window that is known. */
export type NoteArrival = (arrival: Arrival) => void;

/** To be asked once in each transaction that stores evidence, before it does. */
export function arrivalNotes(database: Database): NoteArrival {
  const { horizon } = database.sql('SELECT max("end") AS horizon FROM windows').get() as {
    horizon: Instant | null;
  };
  return ({ kind, first, last, event }) => {
    if (horizon === null || first >= horizon) return;
    database
      .sql('INSERT INTO arrivals (kind, first, last, event) VALUES (?, ?, ?, ?)')
      .run(KINDS.indexOf(kind), first, last, event ?? null);
  };
}

/** The order of arrival in the embedded database. */
export function embeddedArrivals(database: Database): Arrivals {
  return {
    place: async () =>
      database.read(() => {
        const { arrivals } = database.sql('SELECT max(id) AS arrivals FROM arrivals').get() as {
          arrivals: number | null;
        };
        return { arrivals: arrivals ?? 0 };
      }),

    // Nothing is ever removed.
    isWhole: async () => true,

    later: async (reports) =>
      database.read(() =>
        reports.map(({ place, window: { start, end } }) => ({
          ...(database
            .sql(
              `SELECT count(DISTINCT coalesce(event, id)) FILTER (WHERE kind = 0 OR (kind = 1 AND last >= ?2)) AS events,
                   count(*) FILTER (WHERE kind = 2 AND last > ?2) AS flows,
                   count(*) FILTER (WHERE kind = 3 AND last >= ?2 AND last < ?3) AS deliveries
                 FROM arrivals WHERE id > ?1 AND first < ?3`,
            )
            .get(place['arrivals'] ?? 0, start, end) as unknown as LateEvidence),
        })),
      ),
  };
}
