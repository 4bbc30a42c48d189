import { append, EMPTY_ROOT, type Hash, type Tile, TILE_WIDTH } from '@margay/ledger';

/** A tree that grows by batches. Of its tiles only those at the right edge are kept: one a level, however many entries there are. */
export class GrowingTree {
  size = 0;
  root: Hash = EMPTY_ROOT;
  readonly #edge = new Map<number, Tile>();

  /** @returns the tiles that are new or grew, whole. */
  grow(leaves: readonly Hash[]): readonly Tile[] {
    const { size, root, tiles } = append(this.size, leaves, ({ level }) => this.#edge.get(level)!.bytes);
    for (const tile of tiles) {
      if (tile.width === TILE_WIDTH) this.#edge.delete(tile.level);
      else this.#edge.set(tile.level, tile);
    }
    [this.size, this.root] = [size, root];
    return tiles;
  }

  /** The tiles at its right edge that are not whole. */
  edge(): readonly Tile[] {
    return [...this.#edge.values()];
  }

  copy(): GrowingTree {
    const copy = new GrowingTree();
    [copy.size, copy.root] = [this.size, this.root];
    for (const [level, tile] of this.#edge) copy.#edge.set(level, tile);
    return copy;
  }
}
