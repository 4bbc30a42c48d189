import { append, edgeOf, EMPTY_ROOT, type Hash, leafHash, type ReadTile, tilePath } from '../index.ts';

/** Entry `i` of the logs of tests, and of Go's. */
export const entry = (i: number): Uint8Array => new TextEncoder().encode(`entry ${i}`);

/** Entries 0 to `size`. */
export const entries = (size: number): Uint8Array[] => Array.from({ length: size }, (_, i) => entry(i));

/** A log in memory, which grows by batches and keeps nothing but its tiles. */
export class MemoryLog {
  size = 0;
  root: Hash = EMPTY_ROOT;
  /** The bytes of each tile, by its path as a whole one. */
  readonly tiles = new Map<string, Uint8Array>();
  /** How many tiles were read. */
  reads = 0;

  readonly read: ReadTile = (place) => {
    this.reads++;
    const bytes = this.tiles.get(tilePath({ ...place, width: 256 }));
    if (bytes === undefined || bytes.length < place.width * 32) throw new Error(`no ${tilePath(place)}`);
    return bytes;
  };

  append(batch: readonly Uint8Array[]): this {
    const edge = new Map(edgeOf(this.size).map((place) => [tilePath(place), this.read(place)]));
    const grown = append(this.size, batch.map(leafHash), (place) => edge.get(tilePath(place))!);
    for (const tile of grown.tiles) this.tiles.set(tilePath({ ...tile, width: 256 }), tile.bytes);
    this.size = grown.size;
    this.root = grown.root;
    return this;
  }
}

/** A log of so many entries. */
export const logOf = (size: number): MemoryLog => new MemoryLog().append(entries(size));
