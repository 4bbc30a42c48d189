import type { Key } from '@margay/ground';
import {
  FOLD,
  foldOn,
  isKept,
  NEW_KEY,
  refold,
  type Change,
  type KeyTail,
  type Version,
} from '@margay/history';
import { derivedAnewWrite, openedWrite, takeBackWrite } from '../arrivals/elasticsearch.ts';
import { chunks } from '../chunks.ts';
import { bulk, type DocumentWrite } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { isAnswerTooLarge } from '../elasticsearch/unusable.ts';
import { createChanges, createRepeats } from './elastic-changes.ts';
import { documentOfVersion, keyIdOf, placeOfVersion } from './elastic-documents.ts';
import {
  keysOfOtherFolds,
  leftBehind,
  moveMarks,
  readMarks,
  readStates,
  type KeyMark,
  type KeyState,
} from './elastic-keys.ts';
import type { Appended, History, PublishedAt } from './history.ts';
import { sameVersion } from './same-version.ts';

const ATTEMPTS = 5;

/** What is to be written of a key. */
interface KeyWrites {
  readonly key: string;
  readonly tail: KeyTail;
  readonly versions: readonly DocumentWrite[];
  /** What the changes show of the time before them. */
  readonly opened?: readonly DocumentWrite[];
  /** What another folding said otherwise. */
  readonly derivedAnew?: readonly DocumentWrite[];
}

/** New changes by key, keys that may have been left behind, and what each key's id stands for. */
interface Work {
  readonly fresh: ReadonlyMap<string, readonly Change[]>;
  readonly doubtful: readonly string[];
  readonly named: ReadonlyMap<string, Key>;
}

/**
 * Writes changes and the versions derived from them to Elasticsearch.
 *
 * In this order, so that the process may end at any place and the same changes be appended again:
 *
 * 1. the changes are created, and those that are there already found out;
 * 2. what they show of the time before them is noted, and what this folding says otherwise than another one, and versions are written, with the number of changes they were folded from: Elasticsearch refuses those folded from
 *    fewer than what it has, so a writer that was left behind cannot undo anything;
 * 3. what is said otherwise is noted once more, for whoever read the versions meanwhile;
 * 4. the key's mark moves to that number, where nobody else moved it; otherwise the key is looked at again.
 *
 * The mark holds the key's tail. Changes that are later than all others go on from there; for any other the changes and
 * versions of the key are read and folded anew. Where the marks of all keys would be too much to hold, one half follows the other.
 */
export function elasticWriter(elastic: Elastic): History['append'] {
  const append = writerOfAll(elastic);
  return async function inHalves(changes, publishedAt): Promise<Appended> {
    try {
      return await append(changes, publishedAt);
    } catch (error) {
      if (changes.length < 2 || !isAnswerTooLarge(error)) throw error;
      const middle = Math.ceil(changes.length / 2);
      const [first, second] = [
        await inHalves(changes.slice(0, middle), publishedAt),
        await inHalves(changes.slice(middle), publishedAt),
      ];
      return { applied: first.applied + second.applied, repeated: first.repeated + second.repeated };
    }
  };
}

function writerOfAll(elastic: Elastic) {
  return async (changes: readonly Change[], publishedAt?: PublishedAt): Promise<Appended> => {
    if (changes.length === 0) return { applied: 0, repeated: 0 };
    const keys = changes.map((change) => keyIdOf(elastic, change));
    const known = new Set(await createChanges(elastic, changes, keys, publishedAt));
    const repeated = await createRepeats(elastic, [...known].filter(isKept));
    const named = new Map<string, Key>();
    const fresh = new Map<string, Change[]>();
    const doubtful = new Set<string>();
    for (const [i, change] of changes.entries()) {
      const key = keys[i] as string;
      named.set(key, change);
      const ofKey = fresh.get(key);
      // A change that was there already may have been left by a writer that ended before it derived anything.
      if (known.has(change)) doubtful.add(key);
      else if (ofKey === undefined) fresh.set(key, [change]);
      else ofKey.push(change);
    }
    let open = await derive(elastic, { fresh, doubtful: [...doubtful], named });
    for (let attempt = 1; open.length > 0; attempt++) {
      if (attempt > ATTEMPTS) {
        throw new Error(
          `The versions of ${open[0]} were written by another process ${ATTEMPTS} times: try again later.`,
        );
      }
      open = await derive(elastic, { fresh: new Map(), doubtful: open, named });
    }
    return { applied: changes.length - known.size, repeated };
  };
}

/** Writes what follows from the new changes of some keys; gives the keys that somebody else wrote meanwhile. */
async function derive(elastic: Elastic, { fresh, doubtful, named }: Work): Promise<string[]> {
  const marks = await readMarks(elastic, [...new Set([...fresh.keys(), ...doubtful])]);
  const toRead = await leftBehind(elastic, doubtful, marks);
  const writes: KeyWrites[] = [];
  for (const [key, changes] of fresh) {
    if (doubtful.includes(key)) continue;
    const extension = extend(elastic, key, marks.get(key)?.tail ?? NEW_KEY, changes);
    if (extension === undefined) toRead.push(key);
    else writes.push(extension);
  }
  const states = await readStates(elastic, toRead);
  // Which of the changes are new is not known where a writer ended before: the newest one is.
  for (const [key, state] of states)
    writes.push(refoldKey(elastic, key, state, fresh.get(key) ?? state.changes.slice(-1), marks.get(key)));
  return writeAll(elastic, writes, marks, named);
}

/** So many keys are folded anew at once. */
const FOLDED_AT_ONCE = 200;

/** Folds the keys anew that another release folded in another way. Those that somebody else writes meanwhile are folded by whoever does. */
export async function foldAnew(elastic: Elastic, signal: AbortSignal): Promise<number> {
  let folded = 0;
  for await (const keys of chunks(keysOfOtherFolds(elastic), FOLDED_AT_ONCE)) {
    if (signal.aborted) break;
    const named = new Map(keys.map((each) => [each.key, each] as const));
    const marks = await readMarks(elastic, [...named.keys()]);
    const states = await readStates(elastic, [...marks.keys()]);
    const writes = [...states].map(([key, state]) => refoldKey(elastic, key, state, [], marks.get(key)));
    const left = await writeAll(elastic, writes, marks, named);
    folded += writes.length - left.length;
  }
  return folded;
}

/** Writes what follows of some keys, in the order that the writer's description has; gives the keys that somebody else wrote meanwhile. */
async function writeAll(
  elastic: Elastic,
  writes: readonly KeyWrites[],
  marks: ReadonlyMap<string, KeyMark>,
  named: ReadonlyMap<string, Pick<Key, 'group' | 'resource'>>,
): Promise<string[]> {
  const anew = writes.flatMap(({ derivedAnew = [] }) => derivedAnew);
  await bulk(elastic, [...writes.flatMap(({ opened = [] }) => opened), ...anew]);
  const documents = writes.flatMap(({ versions }) => versions);
  await bulk(
    elastic,
    documents.filter(({ op }) => op !== 'delete'),
  );
  await bulk(
    elastic,
    documents.filter(({ op }) => op === 'delete'),
  );
  await bulk(elastic, anew);
  const moves = writes.map(({ key, tail }) => ({ key, tail, named: named.get(key)! }));
  const moved = await moveMarks(elastic, marks, moves);
  return writes.flatMap(({ key }, i) => (moved[i] ? [] : [key]));
}

/** Goes on from a key's tail; undefined where the changes are not all later than what there is. */
function extend(
  elastic: Elastic,
  key: string,
  before: KeyTail,
  changes: readonly Change[],
): KeyWrites | undefined {
  const fold = foldOn(before, changes);
  if (fold === undefined) return undefined;
  const { tail, versions } = fold;
  const past = before.last === undefined ? [] : [before.last];
  return { key, tail, versions: versionWrites(elastic, key, past, versions, tail.changes) };
}

/** Folds everything that there is of a key, the changes that were just created included. */
function refoldKey(
  elastic: Elastic,
  key: string,
  { changes, versions: before }: KeyState,
  added: readonly Change[],
  // What no mark counts yet is of a writer of this release that ended before it came to it.
  { fold }: Pick<KeyMark, 'fold'> = { fold: FOLD },
): KeyWrites {
  const { tail, versions, opened, closed, derivedAnew } = refold(changes, added, { versions: before, fold });
  return {
    key,
    opened: [
      ...closed.map((start) => takeBackWrite(elastic, key, start)),
      ...opened.map((one) => openedWrite(elastic, key, one)),
    ],
    derivedAnew: derivedAnew.map((time) => derivedAnewWrite(elastic, key, time)),
    tail,
    versions: versionWrites(elastic, key, before, versions, changes.length),
  };
}

/** The writes that bring a key's version documents from one state to another. */
function versionWrites(
  elastic: Elastic,
  key: string,
  before: readonly Version[],
  after: readonly Version[],
  count: number,
): DocumentWrite[] {
  const placeText = (version: Version) => {
    const { index, id } = placeOfVersion(elastic, key, version);
    return `${index} ${id}`;
  };
  const places = new Map<string, Version>();
  for (const version of before) places.set(placeText(version), version);
  const writes: DocumentWrite[] = [];
  for (const version of after) {
    const place = placeText(version);
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
}
