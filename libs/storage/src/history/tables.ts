import { hash } from 'node:crypto';
import type { Interval, KubernetesObject } from '@margay/ground';
import type { Change, DoubtSince, EndedBy, ObjectDoubt, Version } from '@margay/history';
import { NotAsWritten } from '@margay/sqlite';

/** The tables of the embedded history. */
export const HISTORY_TABLES = `
  CREATE TABLE keys (
    id INTEGER PRIMARY KEY, "group" TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX keys_by_name ON keys ("group", resource, namespace, name);

  CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- Bodies are kept once, by their SHA-256, apart from the narrow rows that are searched.
  CREATE TABLE contents (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;

  CREATE TABLE changes (
    id INTEGER PRIMARY KEY, key INTEGER NOT NULL, change_id TEXT NOT NULL UNIQUE, event_id TEXT NOT NULL,
    gone INTEGER NOT NULL, uid TEXT, resource_version TEXT, at INTEGER NOT NULL, received_at INTEGER NOT NULL,
    content INTEGER, created INTEGER NOT NULL, "user" TEXT, impersonated TEXT,
    source INTEGER NOT NULL, position INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX changes_by_key ON changes (key);
  CREATE INDEX changes_by_time ON changes (at);

  -- An event that was read again from another place.
  CREATE TABLE repeats (
    event_id TEXT NOT NULL, source INTEGER NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (event_id, source, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX repeats_by_time ON repeats (at);

  -- Derived from changes. A current version ends at ${Number.MAX_SAFE_INTEGER}, so that one index finds all.
  CREATE TABLE versions (
    id INTEGER PRIMARY KEY, key INTEGER NOT NULL, uid TEXT NOT NULL, resource_version TEXT NOT NULL,
    valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, content INTEGER NOT NULL, seen_mid_life INTEGER NOT NULL,
    ended_by TEXT, "user" TEXT, impersonated TEXT
  ) STRICT;
  CREATE INDEX versions_by_key ON versions (key);
  CREATE INDEX versions_by_end ON versions (valid_to, valid_from)`;

/** Changes that are doubts, what in them tells of others that were missed, and versions in doubt. */
export const HISTORY_DOUBTS = `
  ALTER TABLE changes ADD COLUMN doubt TEXT;
  ALTER TABLE changes ADD COLUMN generation INTEGER;
  ALTER TABLE changes ADD COLUMN based_on TEXT;
  ALTER TABLE versions ADD COLUMN doubt TEXT`;

/** The versions that were first seen after the cluster's counter went back: `[from, to]`, in which it did. */
export const HISTORY_RESTORES = `
  ALTER TABLE versions ADD COLUMN restored TEXT;
  CREATE INDEX versions_restored ON versions (id) WHERE restored IS NOT NULL`;

/** By the numbers of the cluster's counter. */
export const HISTORY_NUMBERS = `
  CREATE INDEX changes_by_number ON changes (CAST(resource_version AS INTEGER)) WHERE gone = 0 AND uid IS NOT NULL`;

/** By which folding (`FOLD`) the versions of a key were made, and whether it can be gone on from the last of them. Those from before it was noted have none. */
export const HISTORY_FOLDS = `
  ALTER TABLE keys ADD COLUMN fold INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE keys ADD COLUMN goes_on INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX keys_by_fold ON keys (fold, id)`;

/** When the message of a change was published; that is not known of those from before it was noted. */
export const HISTORY_PUBLISHED = `
  ALTER TABLE changes ADD COLUMN published_at INTEGER`;

/** What stands in the column `gone` of changes: the place in this list. */
export const WHATS: readonly Change['what'][] = [
  'present',
  'gone',
  'doubtful',
  'patched',
  'answered',
  'absent',
  'there',
];

/** What stands in the body of a content of which the metadata only was shown. */
export const PARTIAL = '"metadataOnly":true';

/** The end of a version that is current. */
export const CURRENT = Number.MAX_SAFE_INTEGER;

/** One row of changes with the names that its numbers stand for. */
export interface ChangeRow {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly change_id: string;
  readonly event_id: string;
  readonly gone: number;
  readonly uid: string | null;
  readonly resource_version: string | null;
  readonly at: number;
  readonly received_at: number;
  readonly body: string | null;
  readonly hash: Uint8Array | null;
  readonly created: number;
  readonly user: string | null;
  readonly impersonated: string | null;
  readonly source: string;
  readonly position: number;
  readonly doubt: string | null;
  readonly generation: number | null;
  readonly based_on: string | null;
}

/** Gives {@link ChangeRow}s of one key. */
export const CHANGES_OF_KEY = `
  SELECT k."group", k.resource, k.namespace, k.name, c.change_id, c.event_id, c.gone, c.uid, c.resource_version,
    c.at, c.received_at, b.body, b.hash, c.created, c."user", c.impersonated, s.name AS source, c.position,
    c.doubt, c.generation, c.based_on
  FROM changes c JOIN keys k ON k.id = c.key JOIN sources s ON s.id = c.source LEFT JOIN contents b ON b.id = c.content
  WHERE c.key = ? ORDER BY c.at, c.change_id`;

/** The change of a row. */
export function changeOf(row: ChangeRow): Change {
  return {
    id: row.change_id,
    eventId: row.event_id,
    what: WHATS[row.gone] ?? 'present',
    group: row.group,
    resource: row.resource,
    namespace: row.namespace,
    name: row.name,
    ...(row.uid !== null && { uid: row.uid }),
    ...(row.resource_version !== null && { resourceVersion: row.resource_version }),
    at: row.at,
    receivedAt: row.received_at,
    ...(row.body !== null && row.hash !== null && { content: contentOf(row.body, row.hash) }),
    ...(row.created === 1 && { created: true }),
    ...(row.generation !== null && { generation: row.generation }),
    ...(row.based_on !== null && { basedOn: row.based_on }),
    ...(row.doubt !== null && { doubt: JSON.parse(row.doubt) as ObjectDoubt }),
    ...actorOf(row),
    origin: { source: row.source, position: row.position },
  };
}

/** By what bodies, and uids in lists, are known: their SHA-256. */
export const hashOf = (body: string | Uint8Array): Buffer => hash('sha256', body, 'buffer');

/** The database itself does not tell a text in which a disk turned a bit over. @throws NotAsWritten */
function contentOf(body: string, written: Uint8Array): KubernetesObject {
  if (!hashOf(body).equals(written))
    throw new NotAsWritten('An object of the history is not the one that was written');
  return JSON.parse(body) as KubernetesObject;
}

/** One row of versions with the names that its numbers stand for. */
export interface VersionRow {
  readonly id: number;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resource_version: string;
  readonly valid_from: number;
  readonly valid_to: number;
  readonly body: string;
  readonly hash: Uint8Array;
  readonly seen_mid_life: number;
  readonly ended_by: EndedBy | null;
  readonly doubt: string | null;
  readonly restored: string | null;
  readonly user: string | null;
  readonly impersonated: string | null;
}

/** Gives {@link VersionRow}s; a condition must follow. */
export const SELECT_VERSIONS = `
  SELECT v.id, k."group", k.resource, k.namespace, k.name, v.uid, v.resource_version, v.valid_from, v.valid_to, b.body, b.hash,
    v.seen_mid_life, v.ended_by, v.doubt, v.restored, v."user", v.impersonated
  FROM versions v JOIN keys k ON k.id = v.key JOIN contents b ON b.id = v.content`;

/** The version of a row. */
export function versionOf(row: VersionRow): Version {
  return {
    group: row.group,
    resource: row.resource,
    namespace: row.namespace,
    name: row.name,
    uid: row.uid,
    resourceVersion: row.resource_version,
    validFrom: row.valid_from,
    ...(row.valid_to !== CURRENT && { validTo: row.valid_to }),
    content: contentOf(row.body, row.hash),
    ...(row.seen_mid_life === 1 && { seenMidLife: true }),
    ...(row.ended_by !== null && { endedBy: row.ended_by }),
    ...(row.doubt !== null && { doubt: JSON.parse(row.doubt) as DoubtSince }),
    ...(row.restored !== null && { restored: JSON.parse(row.restored) as Interval }),
    ...actorOf(row),
  };
}

function actorOf({ user, impersonated }: { user: string | null; impersonated: string | null }) {
  return user === null ? {} : { actor: { user, ...(impersonated !== null && { impersonated }) } };
}
