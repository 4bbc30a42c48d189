import { type Instant, type Key, MINUTE, type Window } from '@margay/ground';
import {
  ENDING_RESOURCES,
  endsOf,
  inferEnds,
  overlapping,
  restoreDoubts,
  type AskedName,
  type Change,
  type DoubtSince,
  type End,
  type EndedVersion,
  type Sight,
  type SightWindow,
  type Version,
} from '@margay/history';
import type { Database, Snapshots, Sql } from '@margay/sqlite';
import { embeddedNumbers } from './embedded-numbers.ts';
import type { History, KindSummary, KnownObject, RepeatCount, VersionFilter } from './history.ts';
import {
  CHANGES_OF_KEY,
  changeOf,
  PARTIAL,
  SELECT_VERSIONS,
  versionOf,
  type ChangeRow,
  type VersionRow,
} from './tables.ts';
import { HistoryWriter } from './writer.ts';

/** The history in the embedded database. */
export function embeddedHistory(database: Database, snapshots: Snapshots): History {
  const writer = new HistoryWriter(database);
  return {
    append: async (changes, publishedAt) => writer.append(changes, publishedAt),

    foldAnew: (signal) => writer.foldAnew(signal),

    async *versions(window, filter = {}) {
      yield* snapshots.rows((sql) => versionsIn(sql, window, filter));
    },

    async *firstSights(window) {
      yield* snapshots.rows((sql) => firstSightsIn(sql, window));
    },

    known: async (objects, before) =>
      database.read(() => new Set(objects.filter(isKnown(database, before)).map(({ uid }) => uid))),

    told: async (asked, before) => database.read(() => asked.filter(isTold(database, before))),

    repeats: async ({ start, end }) =>
      database.read(
        () =>
          database
            .sql(
              `SELECT at / ${MINUTE} * ${MINUTE} AS minute, count(*) AS count FROM repeats
               WHERE at >= ? AND at < ? GROUP BY 1 ORDER BY 1`,
            )
            .all(start, end)
            .map((row) => ({ ...row })) as unknown as RepeatCount[],
      ),

    span: async () =>
      database.read(() => {
        const { first, last } = database
          .sql('SELECT min(at) AS first, max(at) AS last FROM changes')
          .get() as {
          first: number | null;
          last: number | null;
        };
        return first === null || last === null ? undefined : { first, last };
      }),

    summary: async () =>
      database.read(
        () =>
          database
            .sql(
              `SELECT k."group", k.resource, count(*) AS objects,
                 (SELECT count(*) FROM versions v JOIN keys o ON o.id = v.key
                  WHERE o."group" = k."group" AND o.resource = k.resource) AS versions,
                 (SELECT count(*) FROM changes c JOIN keys o ON o.id = c.key
                  WHERE o."group" = k."group" AND o.resource = k.resource) AS changes
               FROM keys k GROUP BY k."group", k.resource ORDER BY k."group", k.resource`,
            )
            .all()
            .map((row) => ({ ...row })) as unknown as KindSummary[],
      ),

    numbers: embeddedNumbers(database),

    changesOf: async (key) => database.read(() => changesIn(database, key)),

    changesOfEach: async (keys) => database.read(() => keys.map((key) => changesIn(database, key))),
  };
}

function changesIn(database: Database, key: Key): Change[] {
  const id = keyIdOf(database, key);
  if (id === undefined) return [];
  return (database.sql(CHANGES_OF_KEY).all(id) as unknown as ChangeRow[]).map(changeOf);
}

function keyIdOf(database: Database, { group, resource, namespace, name }: Key): number | undefined {
  const row = database
    .sql('SELECT id FROM keys WHERE "group" = ? AND resource = ? AND namespace = ? AND name = ?')
    .get(group, resource, namespace, name) as { id: number } | undefined;
  return row?.id;
}

/** Whether a sight of an object is there whose request came in before an instant. */
function isKnown(database: Database, before: Instant) {
  const one = database.sql(
    `SELECT 1 FROM changes c JOIN keys k ON k.id = c.key
     WHERE k."group" = ? AND k.resource = ? AND k.namespace = ? AND k.name = ? AND c.uid = ? AND coalesce(c.published_at, c.received_at) < ?
       AND c.gone = 0 AND c.resource_version IS NOT NULL LIMIT 1`,
  );
  const end = Math.min(before, Number.MAX_SAFE_INTEGER);
  return ({ group, resource, namespace, name, uid }: KnownObject): boolean =>
    one.get(group, resource, namespace, name, uid, end) !== undefined;
}

/** Whether anything was told of a name before an instant. */
function isTold(database: Database, before: Instant) {
  const told = (names: string) =>
    database.sql(
      `SELECT 1 FROM keys k WHERE k."group" = ?1 AND k.resource = ?2 AND k.namespace = ?3 AND ${names}
         AND EXISTS (SELECT 1 FROM changes c WHERE c.key = k.id AND c.at < ?5) LIMIT 1`,
    );
  const [one, begun] = [told('k.name = ?4'), told('k.name >= ?4 AND k.name < ?4 || char(0x10ffff)')];
  return ({ group, resource, namespace, name, isBeginning }: AskedName): boolean =>
    (isBeginning ? begun : one).get(group, resource, namespace, name, before) !== undefined;
}

/** Of names whose first sight shows the metadata only, the first whole one is looked for by itself: these are few. */
function* firstSightsIn(sql: Sql, { from, before }: SightWindow): Generator<Sight> {
  const rows = sql(
    `WITH sights AS (
       SELECT key, min(at) AS at, uid, content FROM changes
       WHERE gone = 0 AND uid IS NOT NULL AND at >= ?1 AND at < ?2 AND received_at >= ?1 GROUP BY key)
     SELECT k."group", k.resource, k.namespace, k.name, s.uid, s.at, s.key, instr(b.body, ?3) > 0 AS partial
     FROM sights s JOIN keys k ON k.id = s.key JOIN contents b ON b.id = s.content`,
  ).all(from, before, PARTIAL) as unknown as (Sight & { key: number; partial: number })[];
  const whole = sql(
    `SELECT c.uid, c.at FROM changes c JOIN contents b ON b.id = c.content
     WHERE c.key = ?4 AND c.gone = 0 AND c.at >= ?1 AND c.at < ?2 AND c.received_at >= ?1 AND instr(b.body, ?3) = 0
     ORDER BY c.at, c.uid LIMIT 1`,
  );
  for (const { key, partial, ...sight } of rows) {
    if (partial === 0) yield sight;
    else {
      const found = whole.get(from, before, PARTIAL, key) as Pick<Sight, 'uid' | 'at'> | undefined;
      if (found !== undefined) yield { ...sight, ...found };
    }
  }
}

/** How many versions are read and given at once. */
const CHUNK = 5_000;

/** First the places of all versions, in their order, and then chunk after chunk: bodies are not held for sorting. */
function* versionsIn(sql: Sql, window: Window, { resources }: VersionFilter): Generator<Version> {
  const restored = sql(`${SELECT_VERSIONS} WHERE v.restored IS NOT NULL`).all() as unknown as VersionRow[];
  yield* overlapping(restoreDoubts(restored.map(versionOf)), window);
  const ids = sql(
    `SELECT v.id FROM versions v JOIN keys k ON k.id = v.key
     WHERE v.valid_to > ?1 AND v.valid_from < ?2
       AND (?3 IS NULL OR k.resource IN (SELECT value FROM json_each(?3)))
     ORDER BY k."group", k.resource, k.namespace, k.name, v.valid_from, v.id`,
  );
  ids.setReturnArrays(true);
  const one = sql(`${SELECT_VERSIONS} WHERE v.id = ?`);
  const ends = endsIn(sql);
  const wanted = resources === undefined ? null : JSON.stringify(resources);
  const places = ids.all(window.start, window.end, wanted) as unknown as [number][];
  for (let at = 0; at < places.length; at += CHUNK) {
    const versions = places
      .slice(at, at + CHUNK)
      .map(([id]) => versionOf(one.get(id) as unknown as VersionRow));
    yield* overlapping(inferEnds(versions, ends), window);
  }
}

/** Every end of an object that others end with: bodies are not read for it. */
function endsIn(sql: Sql): End[] {
  const rows = sql(
    `SELECT k.resource, k.namespace, k.name, v.uid, v.resource_version AS resourceVersion, v.valid_from AS validFrom,
       v.valid_to AS validTo, v.ended_by AS endedBy, v.doubt
     FROM keys k JOIN versions v ON v.key = k.id
     WHERE k.resource IN (SELECT value FROM json_each(?)) ORDER BY v.valid_from, v.id`,
  ).all(JSON.stringify(ENDING_RESOURCES)) as unknown as EndedRow[];
  return endsOf(
    rows.map(({ doubt, endedBy, ...ended }) => ({
      ...ended,
      ...(endedBy !== null && { endedBy }),
      ...(doubt !== null && { doubt: JSON.parse(doubt) as DoubtSince }),
    })),
  );
}

interface EndedRow extends Omit<EndedVersion, 'doubt' | 'endedBy'> {
  readonly endedBy: NonNullable<EndedVersion['endedBy']> | null;
  readonly doubt: string | null;
}
