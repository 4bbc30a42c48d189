import type { AsideMessage } from '@margay/coverage';
import type { Database } from '@margay/sqlite';
import type { Asides } from './asides.ts';

/** The table of what was set aside; without a message where it was settled. */
export const ASIDE_TABLES = `
  CREATE TABLE asides (place TEXT PRIMARY KEY, message TEXT) STRICT, WITHOUT ROWID;
  CREATE INDEX asides_open ON asides (place) WHERE message IS NOT NULL`;

/** What was set aside of the cluster, in the embedded database. */
export function embeddedAsides(database: Database): Asides {
  return {
    append: async (some) =>
      database.transaction(() => {
        const insert = database.sql(
          'INSERT INTO asides (place, message) VALUES (?, ?) ON CONFLICT DO NOTHING',
        );
        for (const message of some) insert.run(message.place, JSON.stringify(message));
      }, 'later'),

    settle: async (places) =>
      database.transaction(() => {
        const isNothingOpen =
          database.sql('SELECT 1 FROM asides WHERE message IS NOT NULL LIMIT 1').get() === undefined;
        if (isNothingOpen) return;
        const settle = database.sql('UPDATE asides SET message = NULL WHERE place = ?');
        for (const place of places) settle.run(place);
      }, 'later'),

    open: async () =>
      database.read(() =>
        (
          database.sql('SELECT message FROM asides WHERE message IS NOT NULL').all() as unknown as {
            message: string;
          }[]
        ).map(({ message }) => JSON.parse(message) as AsideMessage),
      ),
  };
}
