import { type AppliedPolicy, printName } from '@margay/policy';
import { sortedOnce } from '../order.ts';

/**
 * A set of policies that applied, as printed names.
 *
 * Thousands of endpoints go through the same lists of policies, so sets are made once and shared: from one set, the same
 * list leads to the same set.
 */
export class PolicyUnion {
  readonly #names: ReadonlySet<string>;
  readonly #next = new Map<readonly AppliedPolicy[], PolicyUnion>();
  #sorted: readonly string[] | undefined;

  private constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  /** An empty set that everything of one report starts from. */
  static empty(): PolicyUnion {
    return new PolicyUnion(new Set());
  }

  /** This set and the policies of the list. */
  with(applied: readonly AppliedPolicy[]): PolicyUnion {
    const known = this.#next.get(applied);
    if (known !== undefined) return known;
    const names = applied.map((policy) => printPolicy(policy));
    const grows = names.some((name) => !this.#names.has(name));
    const next = grows ? new PolicyUnion(new Set([...this.#names, ...names])) : this;
    this.#next.set(applied, next);
    return next;
  }

  /** The names in code-point order. */
  sorted(): readonly string[] {
    return (this.#sorted ??= sortedOnce(this.#names));
  }
}

/** A policy as printed, its tier in front. */
export function printPolicy({ kind, apiVersion, key, tier }: AppliedPolicy): string {
  return printName({ kind, apiVersion, namespace: key.namespace, name: key.name, tier });
}
