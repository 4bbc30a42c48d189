import type { Key } from '@margay/ground';
import { SelectorError } from '../selector/error.ts';
import { type Selector, tryParseSelector } from '../selector/selector.ts';
import type { PolicyProblem } from './policy.ts';

/** Gathers what is wrong with one policy while it is read. */
export class Problems {
  readonly found: PolicyProblem[] = [];
  readonly #policy: Key;

  constructor(policy: Key) {
    this.#policy = policy;
  }

  add(field: string, message: string, consequence: string, position?: number): void {
    this.found.push({
      policy: this.#policy,
      field,
      message,
      consequence,
      ...(position !== undefined && { position }),
    });
  }

  /**
   * The selector text of a field: '' where it is not given, undefined (and a problem) where it is no selector.
   */
  selectorText(value: unknown, field: string, consequence: string): string | undefined {
    if (value === undefined || value === null || value === '') return '';
    if (typeof value !== 'string') {
      this.add(field, `expected a selector as text, found ${typeof value}`, consequence);
      return undefined;
    }
    return this.parse(value, field, consequence) === undefined ? undefined : value;
  }

  /** Reads a selector; undefined and a problem where it is none. */
  parse(text: string, field: string, consequence: string): Selector | undefined {
    const selector = tryParseSelector(text);
    if (!(selector instanceof SelectorError)) return selector;
    this.add(field, selector.message, consequence, selector.position);
    return undefined;
  }

  /** Reads a selector that was made from several fields, each right by itself. */
  combined(text: string, field: string, consequence: string): Selector | undefined {
    const selector = tryParseSelector(text);
    if (!(selector instanceof SelectorError)) return selector;
    this.add(
      field,
      `the effective selector ${JSON.stringify(text)} cannot be read: ${selector.message}`,
      consequence,
    );
    return undefined;
  }
}
