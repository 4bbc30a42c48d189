import type { Key } from '@margay/ground';
import { FOLD, unknownTail, type Change, type KeyTail, type Version } from '@margay/history';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { readAll, refresh } from '../elasticsearch/read.ts';
import {
  changeOfDocument,
  versionOfDocument,
  type ChangeDocument,
  type VersionDocument,
} from './elastic-documents.ts';

/** Keys whose changes are read with one search. */
const KEYS_AT_ONCE = 500;

/** What is kept about a key, with its place in the order of writes. */
export interface KeyMark {
  readonly tail: KeyTail;
  /** By which folding (`FOLD`) its versions were made; 0 where that was not noted. */
  readonly fold: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
}

/** All changes of a key and the versions that were written for them. */
export interface KeyState {
  readonly changes: readonly Change[];
  readonly versions: readonly Version[];
}

/** The marks of those keys that have one. */
export async function readMarks(elastic: Elastic, keys: readonly string[]): Promise<Map<string, KeyMark>> {
  const { docs } = await elastic.call('reading keys', () =>
    elastic.client.mget<{ tail: string; fold?: number }>({ index: elastic.index('keys'), ids: [...keys] }),
  );
  const marks = new Map<string, KeyMark>();
  for (const found of docs) {
    if (!('_source' in found) || found._source === undefined) continue;
    const { _id: id, _seq_no: seqNo, _primary_term: primaryTerm } = found;
    if (seqNo === undefined || primaryTerm === undefined) continue;
    const known = JSON.parse(found._source.tail) as KeyTail;
    // What another release folded in another way may be wrong: it is not gone on from.
    const { fold = 0 } = found._source;
    const tail = fold === FOLD ? known : unknownTail(known.changes);
    marks.set(id, { tail, fold, seqNo, primaryTerm });
  }
  return marks;
}

/**
 * Moves marks on to new tails, where nobody else moved them since they were read.
 *
 * @returns for each whether it was moved.
 */
export function moveMarks(
  elastic: Elastic,
  marks: ReadonlyMap<string, KeyMark>,
  moves: readonly {
    readonly key: string;
    readonly tail: KeyTail;
    readonly named: Pick<Key, 'group' | 'resource'>;
  }[],
): Promise<boolean[]> {
  const { cluster } = elastic;
  const index = elastic.index('keys');
  return bulk(
    elastic,
    moves.map(({ key, tail, named: { group, resource } }) => {
      const mark = marks.get(key);
      const { changes } = tail;
      const document = { cluster, key, group, resource, changes, fold: FOLD, tail: JSON.stringify(tail) };
      const place = { index, id: key, document };
      if (mark === undefined) return { op: 'create', ...place };
      return { op: 'index', ...place, after: { seqNo: mark.seqNo, primaryTerm: mark.primaryTerm } };
    }),
  );
}

/** The keys of which the mark counts fewer changes than there are: a writer ended before it came to them. */
export async function leftBehind(
  elastic: Elastic,
  keys: readonly string[],
  marks: ReadonlyMap<string, KeyMark>,
): Promise<string[]> {
  if (keys.length === 0) return [];
  const index = elastic.index('changes-*');
  await refresh(elastic, index);
  type Bucket = { key: string; doc_count: number };
  const { aggregations } = await elastic.call('counting changes', () =>
    elastic.client.search<unknown, { keys: { buckets: Bucket[] } }>({
      index,
      size: 0,
      query: { terms: { key: [...keys] } },
      aggs: { keys: { terms: { field: 'key', size: keys.length } } },
    }),
  );
  const counts = new Map(aggregations?.keys.buckets.map(({ key, doc_count: count }) => [key, count]));
  return keys.filter((key) => (marks.get(key)?.tail.changes ?? 0) !== (counts.get(key) ?? 0));
}

/** Reads everything of some keys from the indices. */
export async function readStates(elastic: Elastic, keys: readonly string[]): Promise<Map<string, KeyState>> {
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
    for await (const document of changes) states.get(document.key)?.changes.push(changeOfDocument(document));
    const versions = readAll<VersionDocument>(elastic, {
      index: elastic.index('versions-*'),
      query,
      sort: [{ validFrom: 'asc' }, { _shard_doc: 'asc' }],
    });
    for await (const document of versions)
      states.get(document.key)?.versions.push(versionOfDocument(document));
  }
  return states;
}

/** A key by its id, and of which kind it is. */
interface KeyOfKind extends Pick<Key, 'group' | 'resource'> {
  readonly key: string;
}

/** The keys whose versions another release folded in another way. */
export const keysOfOtherFolds = (elastic: Elastic): AsyncIterable<KeyOfKind> =>
  readAll<KeyOfKind>(elastic, {
    index: elastic.index('keys'),
    query: {
      bool: { filter: [{ term: { cluster: elastic.cluster } }], must_not: [{ term: { fold: FOLD } }] },
    },
    sort: [{ key: 'asc' }],
    fields: ['key', 'group', 'resource'],
  });
