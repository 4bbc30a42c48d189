import type { TellerFact } from '@margay/coverage';
import type { Database } from '@margay/sqlite';
import { movedOn, partsOf, type Tellers } from './tellers.ts';

/** The table of who tells. */
export const TELLER_TABLES = `
  CREATE TABLE tellers (what TEXT NOT NULL, known_by TEXT NOT NULL, fact TEXT NOT NULL, PRIMARY KEY (what, known_by)) STRICT, WITHOUT ROWID`;

/** Who tells, in the embedded database. */
export function embeddedTellers(database: Database): Tellers {
  return {
    append: async (facts) =>
      database.transaction(() => {
        const kept = database.sql('SELECT fact FROM tellers WHERE what = ? AND known_by = ?');
        const insert = database.sql(
          `INSERT INTO tellers (what, known_by, fact) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET fact = excluded.fact`,
        );
        for (const fact of facts) {
          const place = [fact.what, knownBy(partsOf(fact))] as const;
          const former = kept.get(...place) as { readonly fact: string } | undefined;
          const moved = former === undefined ? fact : movedOn(JSON.parse(former.fact) as TellerFact, fact);
          const text = JSON.stringify(moved);
          if (text !== former?.fact) insert.run(...place, text);
        }
      }, 'later'),

    facts: async () =>
      database.read(() =>
        (
          database.sql(`SELECT fact FROM tellers WHERE what <> 'object'`).all() as unknown as {
            fact: string;
          }[]
        ).map(({ fact }) => JSON.parse(fact) as TellerFact),
      ),

    tellersOf: async (uids) =>
      database.read(() => {
        const found = database
          .sql(
            `SELECT fact FROM tellers WHERE what = 'object' AND known_by IN (SELECT value FROM json_each(?))`,
          )
          .all(JSON.stringify(uids.map((uid) => knownBy(['object', uid])))) as unknown as { fact: string }[];
        return new Map(
          found.map(({ fact }) => {
            const { uid, teller } = JSON.parse(fact) as TellerFact & { what: 'object' };
            return [uid, teller] as const;
          }),
        );
      }),
  };
}

const knownBy = (parts: readonly (string | number)[]): string => JSON.stringify(parts);
