/** How much a template may do, in all: neither loops nor sizes get around it. */
export interface Limits {
  /** Steps, each of about a quarter of a microsecond: a node, a value that is looked at, a hundred characters that are copied. */
  readonly work: number;
  /** Characters that it writes, and that any text on the way may have. */
  readonly output: number;
  /** Characters of all texts that are made on the way, whether they are kept or not; an element of a list counts as 32. */
  readonly made: number;
}

/** Characters that count as one step where they are copied or searched. */
const COPIED_A_STEP = 100;
/** Characters that count as one step where each is looked at by itself. */
const SEEN_A_STEP = 8;
/** Characters that an element of a list counts as. */
const ELEMENT = 32;
/** Lists and maps within one another that are gone through. */
const DEPTH_MAX = 500;

/**
 * What is left of what a template may do. Whatever is evaluated is charged to the one budget of its rendering, and before it
 * is done: a text that would be too long is never made.
 *
 * Every method throws a RangeError where the limit is reached.
 */
export class Budget {
  readonly #limits: Limits;
  #work = 0;
  #made = 0;
  #depth = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts steps. */
  charge(steps: number): void {
    this.#work += steps;
    if (this.#work > this.#limits.work)
      throw new RangeError(`it does more than ${this.#limits.work} pieces of work`);
  }

  /** Counts a text of so many characters that is going to be made. */
  text(length: number): void {
    this.written(length);
    this.made(length);
    this.charge(length / COPIED_A_STEP);
  }

  /** Counts a list of so many elements that is going to be made. */
  list(length: number): void {
    this.made(length * ELEMENT);
    this.charge(length);
  }

  /** Counts a text that is going to be copied, compared or searched for single characters. */
  read(text: string): void {
    this.charge(text.length / COPIED_A_STEP);
  }

  /** Counts a text each of whose characters is going to be looked at. */
  each(text: string): void {
    this.charge(text.length / SEEN_A_STEP);
  }

  /** Counts a search for a part, of which any place of the text may hold nearly all. */
  search(text: string, part: string): void {
    this.charge((text.length * (10 + Math.min(part.length, text.length))) / 1_000);
  }

  /** Holds so many characters against what may be written. */
  written(length: number): void {
    if (length > this.#limits.output)
      throw new RangeError(`it writes more than ${this.#limits.output} characters`);
  }

  /** Goes into a list or map. */
  within<T>(act: () => T): T {
    if (++this.#depth > DEPTH_MAX) throw new RangeError(`values are nested more than ${DEPTH_MAX} deep`);
    try {
      return act();
    } finally {
      this.#depth--;
    }
  }

  /** Counts what takes as much memory as so many characters. */
  made(characters: number): void {
    this.#made += characters;
    if (this.#made > this.#limits.made)
      throw new RangeError(`it makes texts of more than ${this.#limits.made} characters on the way`);
  }
}
