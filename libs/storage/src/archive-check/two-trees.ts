import { type Hash, hashAt, leafHash, sameBytes, type Tile, TILE_WIDTH } from '@margay/ledger';
import { type Ledger, LogRefused } from '../ledger/ledger.ts';
import type { Told } from './findings.ts';
import { GrowingTree } from './growing-tree.ts';

/** An entry whose hash its tile does not have. */
interface Differing {
  readonly number: number;
  readonly is: string;
  readonly inTile: string;
}

/** So many entries that differ from their tiles are named. */
const NAMED_MAX = 256;

/**
 * The tree that the entries of a log make, and the one that the tiles in the store make: the same while nobody changed either. Where the
 * one lacks an entry or a tile, the other says its hash.
 */
export class TwoTrees {
  readonly #ledger: Ledger;
  readonly #told: Told;
  readonly #byEntries = new GrowingTree();
  /** Absent as long as it is the same. */
  #byTiles: GrowingTree | undefined;
  readonly #differing: Differing[] = [];
  #differingCount = 0;
  /** Tiles above those of entries that are not what the tiles below make. */
  #othersCount = 0;
  #isBroken = false;

  constructor(ledger: Ledger, told: Told) {
    this.#ledger = ledger;
    this.#told = told;
  }

  /** The root of the entries so far; undefined where both an entry and its tile are missing. */
  get root(): Hash | undefined {
    return this.#isBroken ? undefined : this.#byEntries.root;
  }

  /** @param entries of one tile, from `this.size` on; undefined in the place of one that is missing. */
  async grow(from: number, entries: readonly (Uint8Array | undefined)[]): Promise<void> {
    const index = Math.floor(from / TILE_WIDTH);
    const width = from - index * TILE_WIDTH + entries.length;
    const stored = await this.#tile({ level: 0, index, width });
    const [byEntries, byTiles]: [Hash[], Hash[]] = [[], []];
    for (const [i, entry] of entries.entries()) {
      const inTile = stored && hashAt(stored, from - index * TILE_WIDTH + i);
      const is = entry === undefined ? inTile : leafHash(entry);
      if (is === undefined) {
        this.#isBroken = true;
        return;
      }
      byEntries.push(is);
      byTiles.push(inTile ?? is);
      if (inTile !== undefined && !sameBytes(is, inTile)) this.#differ(from + i, is, inTile);
    }
    if (this.#isBroken) return;
    if (this.#differingCount > 0) this.#byTiles ??= this.#byEntries.copy();
    const grown = this.#byEntries.grow(byEntries);
    await this.#compareAbove(
      (this.#byTiles?.grow(byTiles) ?? grown).filter(({ width: all }) => all === TILE_WIDTH),
    );
  }

  /** Tells what of the entries and the tiles is not what was signed. @returns whether the entries make that root. */
  async tellAgainst(root: Hash | undefined): Promise<boolean> {
    if (this.#isBroken) return false;
    await this.#compareAbove((this.#byTiles ?? this.#byEntries).edge());
    const { found } = this.#told;
    const isAsSigned = root === undefined || sameBytes(this.#byEntries.root, root);
    if (isAsSigned ? this.#differingCount + this.#othersCount > 0 : this.#othersCount > 0)
      found(
        'changed',
        'Tiles of the log were changed: they do not have the hashes of its entries, so proofs from them are wrong.',
      );
    if (isAsSigned) return true;
    if (this.#differingCount === 0)
      found(
        'changed',
        'The log was changed: its entries and tiles fit one another, and do not make the root that was signed.',
      );
    else this.#tellDiffering(this.#byTiles !== undefined && sameBytes(this.#byTiles.root, root));
    return false;
  }

  /** The bytes of a tile as far as it was asked for; undefined where it is missing, which is told. */
  async #tile(place: Omit<Tile, 'bytes'>): Promise<Uint8Array | undefined> {
    try {
      const [bytes] = await this.#ledger.tiles([place]);
      return bytes!;
    } catch (error) {
      if (!(error instanceof LogRefused)) throw error;
      this.#told.found('removed', error.message);
      return undefined;
    }
  }

  async #compareAbove(tiles: readonly Tile[]): Promise<void> {
    for (const { bytes, ...place } of tiles) {
      if (place.level === 0) continue;
      const stored = await this.#tile(place);
      // It may have grown meanwhile.
      if (stored !== undefined && !sameBytes(stored.subarray(0, bytes.length), bytes)) this.#othersCount++;
    }
  }

  #differ(number: number, is: Hash, inTile: Hash): void {
    this.#differingCount++;
    if (this.#differing.length >= NAMED_MAX) return;
    this.#differing.push({ number, is: hex(is), inTile: hex(inTile) });
  }

  /** @param areTilesAsSigned where they are, the entries are what was changed. */
  #tellDiffering(areTilesAsSigned: boolean): void {
    const { found } = this.#told;
    const sorted = (hashes: readonly string[]) => hashes.toSorted().join();
    const is = this.#differing.map((each) => each.is);
    const inTile = this.#differing.map((each) => each.inTile);
    const numbers = this.#differing.map(({ number }) => number);
    const more = this.#differingCount - numbers.length;
    if (more === 0 && sorted(is) === sorted(inTile))
      found('reordered', `Entries of the log stand in another order: ${numbers.join(', ')}.`);
    else
      for (const number of numbers)
        found('changed', `Entry ${number} of the log is not the one that was signed.`);
    if (more > 0) found('changed', `So are ${more} entries behind entry ${numbers.at(-1)}.`);
    if (!areTilesAsSigned)
      found('changed', 'The tiles of the log were changed, too: they do not make the root that was signed.');
  }
}

const hex = (hash: Hash): string => Buffer.from(hash).toString('hex');
