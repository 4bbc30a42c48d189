import type { Fields } from '../fields.ts';
import { Fingerprint } from '../fingerprint.ts';
import { cutObject } from './cut-object.ts';

/** What is kept of a text that is no JSON: enough to see what was cut off. */
const KEPT_MAX = 1024 * 1024;

/**
 * A text that nobody could read. It may hold anything, a Secret for one: so it can be asked what it looks like, and what it says comes
 * out nowhere. Where it is printed, put in a message or written as JSON, its length and an imprint stand instead.
 */
export class Unshown {
  /** In characters, of the whole. */
  readonly length: number;
  readonly #text: string;

  constructor(text: string) {
    this.length = text.length;
    this.#text = text.length > KEPT_MAX ? text.slice(0, KEPT_MAX) : text;
  }

  /** Whether it looks so, as far as it is kept. */
  looks(pattern: RegExp): boolean {
    return pattern.test(this.#text);
  }

  /** Whether its first characters look so. */
  begins(pattern: RegExp, characters = 1_000): boolean {
    return pattern.test(this.#text.slice(0, characters));
  }

  /** What an object that was cut off still says: see `cutObject`. */
  cutObject(): Fields | undefined {
    return cutObject(this.#text);
  }

  /** `312 characters, imprint 1f0c66d29a`. */
  toString(): string {
    return `${this.length.toLocaleString('en')} characters, imprint ${imprintOf(this.#text)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** What an imprint is made of; any other character stands as the same one. */
const STRUCTURE = new Set('{}[]"'.split('').map((each) => each.charCodeAt(0)));

/**
 * Tells texts apart by where brackets and quotes stand in them, so that whoever has the log finds the text again. Of all else only how
 * much of it there is goes in: whoever guesses at what a text said cannot find out whether that is right, as he could by a digest of
 * the text, however short.
 */
function imprintOf(text: string): string {
  const print = new Fingerprint();
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    print.add(STRUCTURE.has(code) ? code : 120);
  }
  const [a, b] = print.halves();
  return a.toString(16).padStart(8, '0') + (b >>> 24).toString(16).padStart(2, '0');
}
