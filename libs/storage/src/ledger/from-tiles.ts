import {
  consistencyFrom,
  type FromTiles,
  goesOnFrom,
  type Hash,
  NoteProblem,
  readCheckpoint,
  type ReadTile,
  rootFrom,
  sameBytes,
  tilePath,
  type TilePlace,
  type TreeHead,
} from '@margay/ledger';
import { lacking, type Ledger, type LogHead, LogRefused } from './ledger.ts';

/**
 * The proof that the log of `to` entries goes on from the one of `from`, both of which the signed head goes on from.
 *
 * @throws RangeError where the log has not so many, or `from` is the greater; LogRefused where its tiles do not show it.
 */
export async function growthProof(ledger: Ledger, from: number, to: number): Promise<Hash[]> {
  const head = await ledger.head();
  const signed = head && signedTree(head);
  const size = signed?.size ?? 0;
  if (to > size) throw new RangeError(`The log has ${size} entries, and ${to} were asked for.`);
  const growth = consistencyFrom(from, to);
  const [olderRoot, newerRoot] = [rootFrom(from), rootFrom(to)];
  const [fromNewer, fromOlder] = [consistencyFrom(to, size), consistencyFrom(from, size)];
  const needed = [growth, olderRoot, newerRoot, fromNewer, fromOlder].flatMap(({ tiles }) => tiles);
  const read = await tilesOf(ledger, needed);
  const proof = growth.compute(read);
  if (signed === undefined) return proof;
  const [older, newer] = [
    { size: from, root: olderRoot.compute(read) },
    { size: to, root: newerRoot.compute(read) },
  ];
  const isOfTheLog =
    goesOnFrom(older, newer, proof) &&
    goesOnFrom(newer, signed, fromNewer.compute(read)) &&
    goesOnFrom(older, signed, fromOlder.compute(read));
  if (!isOfTheLog) throw lacking(`what shows that ${to} entries go on from ${from}, as it was signed`);
  return proof;
}

/**
 * Whether a tree is the first entries of another one, which the log goes on from.
 *
 * @throws LogRefused as `growthProof`.
 */
export async function isPartOf(ledger: Ledger, older: TreeHead, newer: TreeHead): Promise<boolean> {
  if (older.size === newer.size) return sameBytes(older.root, newer.root);
  return goesOnFrom(older, newer, await growthProof(ledger, older.size, newer.size));
}

/** The tree that a head says was signed, by whomever. @throws LogRefused where it says none, or one of another size than stands beside it. */
export function signedTree({ checkpoint, size }: LogHead): TreeHead {
  const changed = (why: string) =>
    new LogRefused(
      `The signed head of the log of reports was changed: ${why}. Restore the store from a backup.`,
    );
  try {
    const tree = readCheckpoint(Buffer.from(checkpoint), []);
    if (tree.size !== size) throw changed(`it says ${size} entries, and its checkpoint is of ${tree.size}`);
    return tree;
  } catch (error) {
    throw error instanceof NoteProblem ? changed(error.message) : error;
  }
}

/** What is worked out of tiles that a log gives. @throws LogRefused where one is not there. */
export async function computed<T>(ledger: Ledger, { tiles, compute }: FromTiles<T>): Promise<T> {
  return compute(await tilesOf(ledger, tiles));
}

/** The tiles of a log at some places, each of which is read once. @throws LogRefused where one is not there. */
export async function tilesOf(ledger: Ledger, places: readonly TilePlace[]): Promise<ReadTile> {
  const each = [...new Map(places.map((place) => [tilePath(place), place])).values()];
  const bytes = await ledger.tiles(each);
  const byPath = new Map(each.map((place, i) => [tilePath(place), bytes[i]!]));
  return (place) => byPath.get(tilePath(place)) ?? neverRead(place);
}

function neverRead(place: TilePlace): never {
  throw new Error(`${tilePath(place)} of the log was not asked for.`);
}
