import { isCounted } from './source.ts';

/** A stretch of a source. */
interface Stretch {
  readonly source: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Leaves out stretches of places that others tell of already, while they come by source and then `from`.
 *
 * A log that was read again from its beginning, since the place in it was lost, comes in stretches that are cut elsewhere. Of two that begin
 * in one place the longer one is kept, so that there is always a row of stretches of which each begins where the one before ends: that
 * row is taken, and what overlaps it is not. Where there is none, as where some marks were lost, rather too much is taken than
 * too little.
 */
export class Tiles<T extends Stretch> {
  readonly #take: (stretch: T) => void;
  #source: string | undefined;
  #reached = -Infinity;
  /** Of those that begin before the place that was reached, the one that goes furthest. */
  #spare: T | undefined;

  /** @param take is given those that are taken, in their order. */
  constructor(take: (stretch: T) => void) {
    this.#take = take;
  }

  add(stretch: T): void {
    const { source, from, to } = stretch;
    if (source !== this.#source) {
      this.end();
      this.#source = source;
    }
    if (!isCounted(source)) return this.#take(stretch);
    if (from > this.#reached) this.#takeSpare();
    if (from >= this.#reached) this.#takeOne(stretch);
    else if (to > Math.max(this.#reached, this.#spare?.to ?? -Infinity)) this.#spare = stretch;
  }

  /** To be called when all have come. */
  end(): void {
    this.#takeSpare();
    this.#reached = -Infinity;
  }

  #takeOne(stretch: T): void {
    this.#reached = stretch.to;
    if (this.#spare !== undefined && this.#spare.to <= stretch.to) this.#spare = undefined;
    this.#take(stretch);
  }

  #takeSpare(): void {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined && spare.to > this.#reached) this.#takeOne(spare);
  }
}

/** By source and then `from`. */
export const inPlace = <T extends Stretch>(stretches: readonly T[]): T[] =>
  stretches.toSorted((a, b) => (a.source === b.source ? a.from - b.from : a.source < b.source ? -1 : 1));

/** The stretches that are taken. @param stretches in any order. */
export function tiled<T extends Stretch>(stretches: readonly T[]): T[] {
  const taken: T[] = [];
  const tiles = new Tiles<T>((stretch) => void taken.push(stretch));
  for (const stretch of inPlace(stretches)) tiles.add(stretch);
  tiles.end();
  return taken;
}
