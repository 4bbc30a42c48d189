import type { Key } from '@margay/ground';
import { foldOn, foldWhole, NEW_KEY, type Change, type KeyTail, type Version } from '@margay/history';
import { bulk, type Write } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId, dateOf, monthOf } from '../elasticsearch/documents.ts';
import { readAll, refresh } from '../elasticsearch/read.ts';
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
  readonly tail: KeyTail;
  readonly seqNo: number;
  readonly primaryTerm: number;
}

/** What is to be written of a key. */
interface KeyWrites {
  readonly key: string;
  readonly tail: KeyTail;
  readonly versions: readonly Write[];
}

/**
 * Writes changes and the versions derived from them to Elasticsearch.
 *
 * In this order, so that the process may end at any place and the same changes be appended again:
 *
 * 1. the changes are created, and those that are there already found out;
 * 2. versions are written, with the number of changes they were folded from: Elasticsearch refuses those folded from
 *    fewer than what it has, so a writer that was left behind cannot undo anything;
 * 3. the key's mark moves to that number, where nobody else moved it; otherwise the key is looked at again.
 *
 * The mark holds the key's tail. Changes that are later than all others go on from there; for any other the changes and
 * versions of the key are read and folded anew.
 */
export function elasticWriter(elastic: Elastic) {
  const { client, cluster } = elastic;
  const keysIndex = elastic.index('keys');

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
      client.mget<{ tail: string }>({ index: keysIndex, ids: [...keys] }),
    );
    const marks = new Map<string, KeyMark>();
    for (const found of docs) {
      if (!('_source' in found) || found._source === undefined) continue;
      const { _id: id, _seq_no: seqNo, _primary_term: primaryTerm } = found;
      if (seqNo === undefined || primaryTerm === undefined) continue;
      marks.set(id, { tail: JSON.parse(found._source.tail) as KeyTail, seqNo, primaryTerm });
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
  const versionWrites = (
    key: string,
    before: readonly Version[],
    after: readonly Version[],
    count: number,
  ): Write[] => {
    const places = new Map<string, Version>();
    for (const version of before) places.set(placeText(key, version), version);
    const writes: Write[] = [];
    for (const version of after) {
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

  /** Goes on from a key's tail; undefined where the changes are not all later than what there is. */
  const extend = (key: string, before: KeyTail, changes: readonly Change[]): KeyWrites | undefined => {
    const fold = foldOn(before, changes);
    if (fold === undefined) return undefined;
    const { tail, versions } = fold;
    const past = before.last === undefined ? [] : [before.last];
    return { key, tail, versions: versionWrites(key, past, versions, tail.changes) };
  };

  /** Folds everything that there is of a key, the changes that were just created included. */
  const refold = (key: string, { changes, versions }: KeyState): KeyWrites => {
    const whole = foldWhole(changes);
    return {
      key,
      tail: whole.tail,
      versions: versionWrites(key, versions, whole.versions, changes.length),
    };
  };

  /** The keys of which the mark counts fewer changes than there are: a writer ended before it came to them. */
  const leftBehind = async (
    keys: readonly string[],
    marks: ReadonlyMap<string, KeyMark>,
  ): Promise<string[]> => {
    if (keys.length === 0) return [];
    const index = elastic.index('changes-*');
    await refresh(elastic, index);
    type Bucket = { key: string; doc_count: number };
    const { aggregations } = await elastic.call('counting changes', () =>
      client.search<unknown, { keys: { buckets: Bucket[] } }>({
        index,
        size: 0,
        query: { terms: { key: [...keys] } },
        aggs: { keys: { terms: { field: 'key', size: keys.length } } },
      }),
    );
    const counts = new Map(aggregations?.keys.buckets.map(({ key, doc_count: count }) => [key, count]));
    return keys.filter((key) => (marks.get(key)?.tail.changes ?? 0) !== (counts.get(key) ?? 0));
  };

  /** Writes what follows from the new changes of some keys; gives the keys that somebody else wrote meanwhile. */
  const derive = async (
    fresh: ReadonlyMap<string, readonly Change[]>,
    doubtful: readonly string[],
    kinds: ReadonlyMap<string, Key>,
  ): Promise<string[]> => {
    const marks = await readMarks([...new Set([...fresh.keys(), ...doubtful])]);
    const toRead = await leftBehind(doubtful, marks);
    const writes: KeyWrites[] = [];
    for (const [key, changes] of fresh) {
      if (doubtful.includes(key)) continue;
      const extension = extend(key, marks.get(key)?.tail ?? NEW_KEY, changes);
      if (extension === undefined) toRead.push(key);
      else writes.push(extension);
    }
    const states = await readStates(toRead);
    for (const [key, state] of states) writes.push(refold(key, state));

    const documents = writes.flatMap(({ versions }) => versions);
    await bulk(
      elastic,
      documents.filter(({ op }) => op !== 'delete'),
    );
    await bulk(
      elastic,
      documents.filter(({ op }) => op === 'delete'),
    );
    const moved = await bulk(
      elastic,
      writes.map(({ key, tail }) => {
        const mark = marks.get(key);
        const { group, resource } = kinds.get(key) as Key;
        const document = { cluster, key, group, resource, changes: tail.changes, tail: JSON.stringify(tail) };
        const place = { index: keysIndex, id: key, document };
        if (mark === undefined) return { op: 'create', ...place };
        return { op: 'index', ...place, after: { seqNo: mark.seqNo, primaryTerm: mark.primaryTerm } };
      }),
    );
    return writes.flatMap(({ key }, i) => (moved[i] ? [] : [key]));
  };

  return async (changes: readonly Change[]): Promise<Appended> => {
    if (changes.length === 0) return { applied: 0, repeated: 0 };
    const keys = changes.map((change) => keyIdOf(elastic, change));
    const kinds = new Map<string, Key>();
    for (const [i, change] of changes.entries()) kinds.set(keys[i] as string, change);
    const known = new Set(await createChanges(changes, keys));
    const repeated = await createRepeats([...known]);
    const fresh = new Map<string, Change[]>();
    const doubtful = new Set<string>();
    for (const [i, change] of changes.entries()) {
      const key = keys[i] as string;
      // A change that was there already may have been left by a writer that ended before it derived anything.
      if (known.has(change)) doubtful.add(key);
      else fresh.set(key, [...(fresh.get(key) ?? []), change]);
    }
    let open = await derive(fresh, [...doubtful], kinds);
    for (let attempt = 1; open.length > 0; attempt++) {
      if (attempt > ATTEMPTS) {
        throw new Error(
          `The versions of ${open[0]} were written by another process ${ATTEMPTS} times: try again later.`,
        );
      }
      open = await derive(new Map(), open, kinds);
    }
    return { applied: changes.length - known.size, repeated };
  };
}
