import { type Key, keyText } from '@margay/ground';
import { SelectorError } from '../selector/error.ts';
import { type Selector, tryParseSelector } from '../selector/selector.ts';
import type { Direction, Policy, PolicyProblem } from './policy.ts';

/** What a problem does where it makes the policy, a rule or a peer count for less than it may say. */
export const SELECTS_NOTHING = 'the policy is taken to select nothing';
export const RULE_ALLOWS_NOTHING = 'the rule is taken to allow nothing';
export const PEER_ALLOWS_NOTHING = 'the peer is taken to allow nothing';

/** Whether what is wrong with a policy may hide that it allows more in a direction than it is taken to. */
export function mayAllowMore(problems: readonly PolicyProblem[], direction: Direction): boolean {
  return problems.some(
    ({ field, consequence }) =>
      field.startsWith(`spec.${direction}[`) &&
      (consequence === RULE_ALLOWS_NOTHING || consequence === PEER_ALLOWS_NOTHING),
  );
}

/** Whether what could not be understood of a policy may hide that it selects or allows more than it is taken to. */
export function mayDoMore({ staged, subject, problems }: Policy): boolean {
  if (staged) return false;
  return subject === undefined || mayAllowMore(problems, 'ingress') || mayAllowMore(problems, 'egress');
}

/** The id of the doubt that what could not be understood of a policy leaves, for as long as it is there. */
export const unreadId = (policy: Key): string => `unread-policy ${keyText(policy)}`;

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
