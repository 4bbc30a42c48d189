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

/** Of what something shows of a name before, or what a folding says otherwise of it: which name. */
export const ARRIVAL_KEYS = 'ALTER TABLE arrivals ADD COLUMN key INTEGER';

const KINDS = ['change', 'refused', 'flow', 'delivery', 'opened', 'derived anew'] as const;

/** What is stored, or what follows from it of a time before: of which kind, when, and by which event, where one told it. */
export interface Arrival {
  readonly kind: (typeof KINDS)[number];
  readonly first: Instant;
  readonly last: Instant;
  readonly event?: string;
  /** Of what was opened or derived anew, the name in which. */
  readonly key?: number;
}

/** Notes what is stored behind the end of a window that is known. */
export type NoteArrival = (arrival: Arrival) => void;

/** To be asked once in each transaction that stores evidence, before it does. */
export function arrivalNotes(database: Database): NoteArrival {
  const { horizon } = database.sql('SELECT max("end") AS horizon FROM windows').get() as {
    horizon: Instant | null;
  };
  return ({ kind, first, last, event, key }) => {
    if (horizon === null || first >= horizon) return;
    database
      .sql('INSERT INTO arrivals (kind, first, last, event, key) VALUES (?, ?, ?, ?, ?)')
      .run(KINDS.indexOf(kind), first, last, event ?? null, key ?? null);
  };
}

/** Takes back that something of a name was missed from an instant on. */
export function forgetOpened(database: Database, key: number, first: Instant): void {
  database
    .sql('DELETE FROM arrivals WHERE kind = ? AND key = ? AND first = ?')
    .run(KINDS.indexOf('opened'), key, first);
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
              `SELECT count(DISTINCT coalesce(event, id)) FILTER (WHERE kind = 0 OR (kind = 1 AND last >= ?2) OR (kind = 4 AND last > ?2)) AS events,
                   count(DISTINCT key) FILTER (WHERE kind = 5 AND last > ?2) AS derivedAnew,
                   count(*) FILTER (WHERE kind = 2 AND last > ?2) AS flows,
                   count(*) FILTER (WHERE kind = 3 AND last >= ?2 AND last < ?3) AS deliveries
                 FROM arrivals WHERE id > ?1 AND first < ?3`,
            )
            .get(place['arrivals'] ?? 0, start, end) as unknown as LateEvidence),
        })),
      ),
  };
}
