import { CLOCKS_APART_MAX, isOfOwnCounter, type DoubtSince, type NumberedSight } from '@margay/history';
import type { Database } from '@margay/sqlite';
import type { Numbers } from './history.ts';
import { copiesOf, meetingOf } from './meetings.ts';
import { CURRENT } from './tables.ts';

/** What the numbers in the embedded database say of whether one cluster tells all changes. */
export function embeddedNumbers(database: Database): Numbers {
  const find = (condition: string, ...values: (string | number)[]): NumberedSight[] =>
    (database.sql(`${SELECT_NUMBERED} AND ${condition}`).all(...values) as unknown as NumberedRow[]).map(
      sightOf,
    );
  return {
    meetings: async (sights) =>
      database.read(() =>
        sights.flatMap((sight) =>
          meetingOf(sight, find(SAME_NUMBER, sight.resourceVersion, sight.uid).filter(isOfOwnCounter)),
        ),
      ),

    birthOf: async ({ group, resource, namespace, name, uid }) =>
      database.read(() => find(BIRTH, group, resource, namespace, name, uid)[0]),

    outlivedBy: async ({ group, resource, resourceVersion: number, at }, { receivedAt }) =>
      database.read(() =>
        find(OUTLIVED, number, group, resource, at + CLOCKS_APART_MAX, receivedAt - CLOCKS_APART_MAX),
      ),

    copies: async () =>
      database.read(() => {
        const rows = database.sql(ABOUT_EVERYTHING).all() as unknown as AboutEverything[];
        return copiesOf(
          rows.map(({ doubt, validTo }) => ({
            doubt: JSON.parse(doubt) as DoubtSince,
            isOpen: validTo === CURRENT,
          })),
        );
      }),
  };
}

interface AboutEverything {
  readonly doubt: string;
  readonly validTo: number;
}

interface NumberedRow extends Omit<NumberedSight, 'created' | 'written'> {
  readonly created: number;
  readonly written: number;
}

const sightOf = ({ created, written, ...sight }: NumberedRow): NumberedSight => ({
  ...sight,
  ...(created === 1 && { created: true }),
  ...(written === 1 && { written: true }),
});

const SELECT_NUMBERED = `
  SELECT k."group", k.resource, k.namespace, k.name, c.uid, c.resource_version AS resourceVersion, c.at,
    c.received_at AS receivedAt, c.created, c."user" IS NOT NULL AS written
  FROM changes c JOIN keys k ON k.id = c.key WHERE c.gone = 0 AND c.uid IS NOT NULL`;

const NUMBER = 'CAST(c.resource_version AS INTEGER)';
const ASKED = 'CAST(?1 AS INTEGER)';

const SAME_NUMBER = `${NUMBER} = ${ASKED} AND c.resource_version = ?1 AND c.uid <> ?2
  ORDER BY c.at, c.uid`;

const BIRTH = `c.created = 1 AND k."group" = ? AND k.resource = ? AND k.namespace = ? AND k.name = ? AND c.uid = ?
  ORDER BY c.at LIMIT 1`;

const OUTLIVED = `${NUMBER} < ${ASKED} AND c.created = 1 AND k."group" = ?2 AND k.resource = ?3 AND c.received_at > ?4
  AND c.at < ?5 AND c.at > ?4 ORDER BY c.at, c.uid LIMIT 100`;

const ABOUT_EVERYTHING = `
  SELECT v.doubt, v.valid_to AS validTo FROM versions v JOIN keys k ON k.id = v.key
  WHERE k."group" = '' AND k.resource = '' AND k.namespace = '' AND k.name = '' AND v.doubt IS NOT NULL ORDER BY v.valid_from`;
