/**
 * Tells sequences of small numbers apart that differ by chance, as those of the characters of texts, in two halves of 32 bits. It does not
 * withstand somebody who looks for two alike.
 */
export class Fingerprint {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  add(code: number): void {
    this.#a = Math.imul(this.#a ^ code, 0x01000193);
    this.#b = Math.imul((this.#b << 5) ^ (this.#b >>> 3) ^ code, 0x85ebca6b);
  }

  /** Both without a sign. */
  halves(): readonly [number, number] {
    return [this.#a >>> 0, this.#b >>> 0];
  }
}
