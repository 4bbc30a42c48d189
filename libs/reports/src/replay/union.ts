import { sortedOnce } from '@margay/ground';
import { type AppliedPolicy, printName } from '@margay/policy';

/**
 * A set of names that something had one after another: policies that applied, doubts.
 *
 * Thousands of endpoints go through the same, so sets are made once and shared: from one set, the same additions lead to
 * the same set.
 */
export class Union<T> {
  readonly #nameOf: (item: T) => string;
  readonly #names: ReadonlySet<string>;
  /** By the names that are added. */
  readonly #larger = new Map<string, Union<T>>();
  #sorted: readonly string[] | undefined;
  /** The last list that was added, and what it led to: endpoints that are alike come one after the other. */
  #list: readonly T[] | undefined;
  #next: Union<T> = this;

  private constructor(nameOf: (item: T) => string, names: ReadonlySet<string>) {
    this.#nameOf = nameOf;
    this.#names = names;
  }

  /** An empty set that everything of one report starts from. */
  static empty<T>(nameOf: (item: T) => string): Union<T> {
    return new Union(nameOf, new Set());
  }

  /** This set and what the list names. */
  with(list: readonly T[]): Union<T> {
    if (list === this.#list || list.length === 0) return list.length === 0 ? this : this.#next;
    const added = sortedOnce(list.map(this.#nameOf).filter((name) => !this.#names.has(name)));
    this.#list = list;
    this.#next = added.length === 0 ? this : this.#plus(added);
    return this.#next;
  }

  /** The names in code-point order. */
  sorted(): readonly string[] {
    return (this.#sorted ??= sortedOnce(this.#names));
  }

  #plus(added: readonly string[]): Union<T> {
    const key = added.join(' ');
    let larger = this.#larger.get(key);
    if (larger === undefined) {
      larger = new Union(this.#nameOf, new Set([...this.#names, ...added]));
      this.#larger.set(key, larger);
    }
    return larger;
  }
}

/** Names that were printed; policies are few and printed often. */
const printed = new WeakMap<AppliedPolicy, string>();

/** A policy as reports print it. */
export function printPolicy(policy: AppliedPolicy): string {
  let name = printed.get(policy);
  if (name === undefined) {
    const { kind, apiVersion, key, tier } = policy;
    name = printName({ kind, apiVersion, namespace: key.namespace, name: key.name, tier });
    printed.set(policy, name);
  }
  return name;
}
