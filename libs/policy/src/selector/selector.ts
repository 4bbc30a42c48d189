import { sha224 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64urlnopad } from '@scure/base';
import { SelectorError } from './error.ts';
import type { Expression } from './expression.ts';
import { parseExpression } from './parse.ts';
import { printExpression } from './print.ts';
import { compile, type Labels, type Program, run } from './program.ts';
import { type Restrictions, restrictionsOf } from './restrictions.ts';

/** A selector that was read: what it is, and what it matches. Immutable. Parts are made when first asked for. */
export class Selector {
  /** The tree in postfix order. */
  readonly expression: Expression;
  #canonical: string | undefined;
  #id: string | undefined;
  #program: Program | undefined;
  #restrictions: Restrictions | undefined;

  constructor(expression: Expression) {
    this.expression = expression;
  }

  /** The canonical text; two selectors are the same selector exactly when these are equal. */
  get canonical(): string {
    return (this.#canonical ??= printExpression(this.expression));
  }

  /** `s:` and 38 characters: the base64url of the SHA-224 of `s:` and the canonical text. */
  get id(): string {
    return (this.#id ??= `s:${base64urlnopad.encode(sha224(utf8ToBytes(`s:${this.canonical}`)))}`);
  }

  /** What labels must be for a match to be possible at all. */
  get restrictions(): Restrictions {
    return (this.#restrictions ??= restrictionsOf(this.expression));
  }

  /** Whether the labels satisfy the selector. `global()` is true for everything, as `all()` is. */
  matches(labels: Labels): boolean {
    return run((this.#program ??= compile(this.expression)), labels);
  }

  /** As `matches`, for a plain object; only its own text properties are labels, whatever their names. */
  matchesRecord(record: Readonly<Record<string, unknown>>): boolean {
    return this.matches(labelsOfRecord(record));
  }

  /**
   * The selector over endpoint labels that says the same as this one says over a parent's labels: every label
   * name gets the prefix, whatever the name; `all()` and `global()` stay.
   */
  prefixed(prefix: string): Selector {
    return new Selector(
      this.expression.map((step) => ('label' in step ? { ...step, label: prefix + step.label } : step)),
    );
  }
}

/** Reads a selector. Throws `SelectorError` with the position where it stops to be one. */
export function parseSelector(text: string): Selector {
  return new Selector(parseExpression(text));
}

/** The selector, or the error that says why the text is none. */
export function tryParseSelector(text: string): Selector | SelectorError {
  try {
    return parseSelector(text);
  } catch (error) {
    if (error instanceof SelectorError) return error;
    throw error;
  }
}

/** Reads a plain object as labels: own properties with text values, `__proto__` and `constructor` too. */
export function labelsOfRecord(record: Readonly<Record<string, unknown>>): Labels {
  return {
    get: (name) => {
      const value = Object.hasOwn(record, name) ? record[name] : undefined;
      return typeof value === 'string' ? value : undefined;
    },
  };
}
