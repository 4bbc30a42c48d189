import { foldKey, type Change, type Version } from '@margay/history';
import { bulk, type Write } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId, dateOf, monthOf } from '../elasticsearch/documents.ts';
import { readAll } from '../elasticsearch/read.ts';
import {
  changeOfDocument,
  documentOfChange,
  documentOfVersion,
  keyIdOf,
  placeOfChange,
  placeOfVersion,
  versionOfDocument,
  type ChangeDocument,
  type VersionDocument,
} from './elastic-documents.ts';
import type { Appended } from './history.ts';
import { sameVersion } from './same-version.ts';

/** The changes of keys that were touched last are held in memory, up to this many. */
const HELD_CHANGES_MAX = 50_000;
/** Keys whose changes are read with one search. */
const KEYS_AT_ONCE = 500;
const ATTEMPTS = 5;

/** All changes of a key and the versions that were written for them. */
interface KeyState {
  readonly changes: readonly Change[];
  readonly versions: readonly Version[];
}

/** What is kept about a key, with its place in the order of writes. */
interface KeyMark {
  /** How many changes its versions were folded from. */
  readonly changes: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
}

/**
 * Writes changes and the versions derived from them to Elasticsearch.
 *
 * In this order, so that the process may end at any place and the same changes be appended again:
 *
 * 1. the changes are created, and those that are there already found out;
 * 2. versions are written, with the number of changes they were folded from: Elasticsearch refuses those folded from
 *    fewer than what it has, so a writer that was left behind cannot undo anything;
 * 3. the key's mark moves to that number, where nobody else moved it; otherwise the key is read and folded again.
 *
 * A key is folded from memory while its mark is the one left there, and read again otherwise.
 */
export function elasticWriter(elastic: Elastic) {
  const { client, cluster } = elastic;
  const keysIndex = elastic.index('keys');
  const held = new Map<string, KeyState>();
  let heldChanges = 0;

  const hold = (key: string, state: KeyState) => {
    heldChanges += state.changes.length - (held.get(key)?.changes.length ?? 0);
    held.delete(key);
    held.set(key, state);
  };
  const drop = (key: string) => {
    heldChanges -= held.get(key)?.changes.length ?? 0;
    held.delete(key);
  };
  const release = () => {
    for (const key of held.keys()) {
      if (heldChanges <= HELD_CHANGES_MAX) return;
      drop(key);
    }
  };

  /** Creates the changes; gives those that were there already. */
  const createChanges = async (changes: readonly Change[], keys: readonly string[]): Promise<Change[]> => {
    const created = await bulk(
      elastic,
      changes.map((change, i) => ({
        op: 'create',
        ...placeOfChange(elastic, change),
        document: documentOfChange(elastic, keys[i] as string, change),
      })),
    );
    return changes.filter((_, i) => !created[i]);
  };

  /** Counts the events of known changes where they come from another origin for the first time. */
  const createRepeats = async (known: readonly Change[]): Promise<number> => {
    if (known.length === 0) return 0;
    const { docs } = await elastic.call('reading changes', () =>
      client.mget<ChangeDocument>({
        docs: known.map((change) => {
          const { index, id } = placeOfChange(elastic, change);
          return { _index: index, _id: id, _source: ['source', 'position'] };
        }),
      }),
    );
    const repeats = known.filter(({ origin }, i) => {
      const found = docs[i];
      if (found === undefined || !('_source' in found)) return false;
      return found._source?.source !== origin.source || found._source.position !== origin.position;
    });
    const created = await bulk(
      elastic,
      repeats.map(({ eventId, at, origin: { source, position } }) => ({
        op: 'create',
        index: elastic.index(`repeats-${monthOf(at)}`),
        id: documentId(cluster, eventId, source, position),
        document: { '@timestamp': dateOf(at), cluster, eventId, at, source, position },
      })),
    );
    return created.filter(Boolean).length;
  };

  const readMarks = async (keys: readonly string[]): Promise<Map<string, KeyMark>> => {
    const { docs } = await elastic.call('reading keys', () =>
      client.mget<{ changes: number }>({ index: keysIndex, ids: [...keys] }),
    );
    const marks = new Map<string, KeyMark>();
    for (const found of docs) {
      if (!('_source' in found) || found._source === undefined) continue;
      const { _id: id, _seq_no: seqNo, _primary_term: primaryTerm } = found;
      if (seqNo === undefined || primaryTerm === undefined) continue;
      marks.set(id, { changes: found._source.changes, seqNo, primaryTerm });
    }
    return marks;
  };

  /** Reads everything of some keys from the indices. */
  const readStates = async (keys: readonly string[]): Promise<Map<string, KeyState>> => {
    const states = new Map<string, { changes: Change[]; versions: Version[] }>(
      keys.map((key) => [key, { changes: [], versions: [] }]),
    );
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
      const query = { terms: { key: keys.slice(at, at + KEYS_AT_ONCE) } };
      const changes = readAll<ChangeDocument>(elastic, {
        index: elastic.index('changes-*'),
        query,
        sort: [{ at: 'asc' }, { _shard_doc: 'asc' }],
      });
      for await (const document of changes)
        states.get(document.key)?.changes.push(changeOfDocument(document));
      const versions = readAll<VersionDocument>(elastic, {
        index: elastic.index('versions-*'),
        query,
        sort: [{ validFrom: 'asc' }, { _shard_doc: 'asc' }],
      });
      for await (const document of versions)
        states.get(document.key)?.versions.push(versionOfDocument(document));
    }
    return states;
  };

  /** The writes that bring a key's version documents from one state to another. */
  const versionWrites = (key: string, before: readonly Version[], state: KeyState): Write[] => {
    const count = state.changes.length;
    const places = new Map<string, Version>();
    for (const version of before) places.set(placeText(key, version), version);
    const writes: Write[] = [];
    for (const version of state.versions) {
      const place = placeText(key, version);
      const written = places.get(place);
      places.delete(place);
      if (sameVersion(written, version)) continue;
      const document = documentOfVersion(elastic, key, version);
      writes.push({ op: 'index', ...placeOfVersion(elastic, key, version), document, version: count });
    }
    // What is left is not true any more: versions that moved to the month of their end, and those of another order.
    for (const version of places.values()) {
      writes.push({ op: 'delete', ...placeOfVersion(elastic, key, version), version: count });
    }
    return writes;
  };
  const placeText = (key: string, version: Version) => {
    const { index, id } = placeOfVersion(elastic, key, version);
    return `${index} ${id}`;
  };

  /** Folds the keys with their new changes and writes what follows; gives the keys that somebody else wrote meanwhile. */
  const refold = async (
    touched: ReadonlyMap<string, readonly Change[]>,
    known: ReadonlySet<string>,
  ): Promise<string[]> => {
    const keys = [...touched.keys()];
    const marks = await readMarks(keys);
    const stale = keys.filter((key) => {
      const state = held.get(key);
      if (state === undefined) return known.has(key) || marks.has(key);
      // A change that was there already, though memory does not have it, was left by a writer that ended too early.
      const ids = known.has(key) ? new Set(state.changes.map(({ id }) => id)) : undefined;
      const left = ids !== undefined && (touched.get(key) ?? []).some(({ id }) => !ids.has(id));
      return left || marks.get(key)?.changes !== state.changes.length;
    });
    const read = await readStates(stale);

    const states = new Map<string, KeyState>();
    const writes: Write[] = [];
    for (const [key, added] of touched) {
      const before = read.get(key) ?? held.get(key) ?? { changes: [], versions: [] };
      const ids = new Set(before.changes.map(({ id }) => id));
      const changes = [...before.changes];
      for (const change of added) {
        if (ids.has(change.id)) continue;
        ids.add(change.id);
        changes.push(change);
      }
      const state = { changes, versions: foldKey(changes) };
      states.set(key, state);
      writes.push(...versionWrites(key, before.versions, state));
    }
    await bulk(
      elastic,
      writes.filter(({ op }) => op !== 'delete'),
    );
    await bulk(
      elastic,
      writes.filter(({ op }) => op === 'delete'),
    );

    const moving = [...states].filter(([key, { changes }]) => marks.get(key)?.changes !== changes.length);
    const moved = await bulk(
      elastic,
      moving.map(([key, { changes }]) => {
        const mark = marks.get(key);
        const [{ group, resource }] = changes as [Change];
        const document = { cluster, key, group, resource, changes: changes.length };
        const place = { index: keysIndex, id: key, document };
        if (mark === undefined) return { op: 'create', ...place };
        return { op: 'index', ...place, after: { seqNo: mark.seqNo, primaryTerm: mark.primaryTerm } };
      }),
    );
    const lost = moving.flatMap(([key], i) => (moved[i] ? [] : [key]));
    for (const [key, state] of states) hold(key, state);
    for (const key of lost) drop(key);
    return lost;
  };

  return async (changes: readonly Change[]): Promise<Appended> => {
    const keys = changes.map((change) => keyIdOf(elastic, change));
    const touched = new Map<string, Change[]>();
    for (const [i, change] of changes.entries()) {
      const key = keys[i] as string;
      touched.set(key, [...(touched.get(key) ?? []), change]);
    }
    const known = await createChanges(changes, keys);
    const repeated = await createRepeats(known);
    const knownKeys = new Set(known.map((change) => keyIdOf(elastic, change)));
    let open = [...touched.keys()];
    for (let attempt = 1; open.length > 0; attempt++) {
      if (attempt > ATTEMPTS) {
        throw new Error(
          `The versions of ${open[0]} were written by another process ${ATTEMPTS} times: try again later.`,
        );
      }
      open = await refold(new Map(open.map((key) => [key, touched.get(key) ?? []])), knownKeys);
    }
    release();
    return { applied: changes.length - known.length, repeated };
  };
}
