import { EMPTY_ROOT, HASH_BYTES, type Hash, nodeHash, sameBytes } from './hashes.ts';
import type { TreeHead } from './proofs.ts';
import { besideEntry, growthOf, wholeRangesOf, type Range } from './ranges.ts';

/** How many hashes a whole tile holds. */
export const TILE_WIDTH = 256;

/** Which tile: consecutive hashes of one level of the tree (C2SP tlog-tiles). */
export interface TilePlace {
  /** 0 for hashes of entries; each hash of a level above is that of a whole tile below. */
  readonly level: number;
  /** From 0 on. */
  readonly index: number;
  /** How many hashes are asked for, 1 to 256: a tile at the right edge grows. */
  readonly width: number;
}

/** A tile with its bytes, 32 for each hash. */
export interface Tile extends TilePlace {
  readonly bytes: Uint8Array;
}

/**
 * The hashes of a tile: its bytes, at least as many as `width` says. It may have grown meanwhile.
 *
 * @throws Error where it has not.
 */
export type ReadTile = (place: TilePlace) => Uint8Array;

/** What can be computed of a tree from a few of its tiles. */
export interface FromTiles<T> {
  /** Those that are needed, each once. */
  readonly tiles: readonly TilePlace[];
  /** @throws Error of `read`. */
  readonly compute: (read: ReadTile) => T;
}

/** The root of the tree's first `size` entries. */
export function rootFrom(size: number): FromTiles<Hash> {
  if (size === 0) return { tiles: [], compute: () => EMPTY_ROOT };
  const hashes = hashesFrom([{ start: 0, end: size }], size);
  return { ...hashes, compute: (read) => hashes.compute(read)[0]! };
}

/**
 * The proof that an entry is in the tree of `size` entries.
 *
 * @throws RangeError where there is no such entry.
 */
export function inclusionFrom(index: number, size: number): FromTiles<Hash[]> {
  if (index >= size) throw new RangeError(`There is no entry ${index} in a log of ${size}.`);
  return hashesFrom(besideEntry(index, size), size);
}

/**
 * The proof that the tree of `newer` entries begins with all that the one of `older` entries has.
 *
 * @throws RangeError where the older one is the greater.
 */
export function consistencyFrom(older: number, newer: number): FromTiles<Hash[]> {
  if (older > newer) throw new RangeError(`A log of ${newer} entries does not go on from one of ${older}.`);
  if (older === 0) return hashesFrom([], newer);
  const { shared, beside } = growthOf(older, newer);
  return hashesFrom(shared.start === 0 ? beside : [shared, ...beside], newer);
}

/**
 * Whether a tile has the hashes of a tree: each tile on the way up says what the one below it makes, and the right edge makes the root.
 *
 * @param place of hashes that a tree of that size has.
 */
export function belongsFrom(
  { level, index }: Omit<TilePlace, 'width'>,
  { size, root }: TreeHead,
): FromTiles<boolean> {
  const edge = rootFrom(size);
  const way = wayUp(level, index, size);
  const tiles = new Map([...edge.tiles, ...way].map((tile) => [nameOf(tile), tile]));
  const makes = (below: TilePlace, above: TilePlace, read: ReadTile): boolean =>
    sameBytes(foldedPairs(hashesOf(read(below), TILE_WIDTH)), hashAt(read(above), below.index % TILE_WIDTH));
  return {
    tiles: [...tiles.values()],
    compute: (read) =>
      sameBytes(edge.compute(read), root) &&
      way.every((below, i) => i === way.length - 1 || makes(below, way[i + 1]!, read)),
  };
}

/** The tile and those above it, up to the one that is not whole, which is of the right edge. */
function wayUp(level: number, index: number, size: number): TilePlace[] {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  const width = Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH);
  const above = width < TILE_WIDTH ? [] : wayUp(level + 1, Math.floor(index / TILE_WIDTH), size);
  return [{ level, index, width }, ...above];
}

/** The tiles of a tree's right edge that are not whole: with them it can be appended to. */
export function edgeOf(size: number): TilePlace[] {
  const edge: TilePlace[] = [];
  for (let [level, hashes] = [0, size]; hashes > 0; level++) {
    const width = hashes % TILE_WIDTH;
    hashes = Math.floor(hashes / TILE_WIDTH);
    if (width > 0) edge.push({ level, index: hashes, width });
  }
  return edge;
}

/** What appending entries makes. */
export interface Appended {
  readonly size: number;
  readonly root: Hash;
  /** The tiles that are new or grew, with all that they hold now. */
  readonly tiles: readonly Tile[];
}

/**
 * Appends entries to a tree of `size`.
 *
 * @param edge reads the tiles that `edgeOf(size)` names.
 */
export function append(size: number, leaves: readonly Hash[], edge: ReadTile): Appended {
  const open = openTiles(size, edge);
  const touched = new Map<string, OpenTile>();
  const put = (level: number, hash: Hash): void => {
    const tile = open.get(level) ?? { level, index: 0, hashes: [] };
    tile.hashes.push(hash);
    touched.set(nameOf(tile), tile);
    const isWhole = tile.hashes.length === TILE_WIDTH;
    open.set(level, isWhole ? { level, index: tile.index + 1, hashes: [] } : tile);
    if (isWhole) put(level + 1, foldedPairs(tile.hashes));
  };
  for (const leaf of leaves) put(0, leaf);
  const grown = size + leaves.length;
  const tiles = new Map(
    [...touched].map(([name, { level, index, hashes }]) => [
      name,
      { level, index, width: hashes.length, bytes: joined(hashes) },
    ]),
  );
  const root = rootFrom(grown).compute((place) => tiles.get(nameOf(place))?.bytes ?? edge(place));
  return { size: grown, root, tiles: [...tiles.values()] };
}

/** A tile that goes on growing. */
interface OpenTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Hash[];
}

/** The tile that the next hash of each level goes into. */
function openTiles(size: number, edge: ReadTile): Map<number, OpenTile> {
  const open = new Map<number, OpenTile>();
  for (let [level, whole] = [0, Math.floor(size / TILE_WIDTH)]; whole > 0; level++) {
    open.set(level, { level, index: whole, hashes: [] });
    whole = Math.floor(whole / TILE_WIDTH);
  }
  for (const place of edgeOf(size)) {
    const { level, index, width } = place;
    const bytes = edge(place);
    open.set(level, { level, index, hashes: hashesOf(bytes, width) });
  }
  return open;
}

const nameOf = ({ level, index }: Pick<TilePlace, 'level' | 'index'>): string => `${level}/${index}`;

/** Hashes of ranges of a tree, one for each. */
function hashesFrom(ranges: readonly Range[], size: number): FromTiles<Hash[]> {
  const parts = ranges.map((range) => wholeRangesOf(range).map((whole) => placeOf(whole, size)));
  const tiles = new Map(parts.flat().map(({ tile }) => [nameOf(tile), tile]));
  const hashOfPart = ({ tile, from, count }: InTile, read: ReadTile): Hash => {
    const bytes = read(tile);
    return foldedPairs(Array.from({ length: count }, (_, i) => hashAt(bytes, from + i)));
  };
  return {
    tiles: [...tiles.values()],
    // Of a range that is not whole, what is left of it on the right is one node below the others.
    compute: (read) =>
      parts.map((whole) =>
        whole.map((part) => hashOfPart(part, read)).reduceRight((right, left) => nodeHash(left, right)),
      ),
  };
}

/** Where in a tile the hashes stand that a whole range is made of. */
interface InTile {
  readonly tile: TilePlace;
  readonly from: number;
  /** A power of two. */
  readonly count: number;
}

function placeOf({ start, end }: Range, size: number): InTile {
  let level = 0;
  let [from, count, hashes] = [start, end - start, size];
  while (count >= TILE_WIDTH) {
    level++;
    [from, count, hashes] = [from / TILE_WIDTH, count / TILE_WIDTH, Math.floor(hashes / TILE_WIDTH)];
  }
  const index = Math.floor(from / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH);
  return { tile: { level, index, width }, from: from % TILE_WIDTH, count };
}

/** The node over hashes whose number is a power of two. */
function foldedPairs(hashes: readonly Hash[]): Hash {
  if (hashes.length === 1) return hashes[0]!;
  const pairs = Array.from({ length: hashes.length / 2 }, (_, i) =>
    nodeHash(hashes[2 * i]!, hashes[2 * i + 1]!),
  );
  return foldedPairs(pairs);
}

/** The hash at a place in a tile, from 0 on. */
export const hashAt = (bytes: Uint8Array, i: number): Hash =>
  Uint8Array.from(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));

const hashesOf = (bytes: Uint8Array, width: number): Hash[] =>
  Array.from({ length: width }, (_, i) => hashAt(bytes, i));

function joined(hashes: readonly Hash[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  for (const [i, hash] of hashes.entries()) bytes.set(hash, i * HASH_BYTES);
  return bytes;
}
