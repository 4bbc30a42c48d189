import { sortedOnce } from '@margay/ground';
import { type AppliedPolicy, printName } from '@margay/policy';

/**
 * A set of policies that applied, as printed names.
 *
 * Thousands of endpoints go through the same policies, so sets are made once and shared: from one set, the same additions
 * lead to the same set.
 */
export class PolicyUnion {
  readonly #names: ReadonlySet<string>;
  /** By the names that are added. */
  readonly #larger = new Map<string, PolicyUnion>();
  #sorted: readonly string[] | undefined;
  /** The last list that was added, and what it led to: endpoints that are alike come one after the other. */
  #list: readonly AppliedPolicy[] | undefined;
  #next: PolicyUnion = this;

  private constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  /** An empty set that everything of one report starts from. */
  static empty(): PolicyUnion {
    return new PolicyUnion(new Set());
  }

  /** This set and the policies of the list. */
  with(applied: readonly AppliedPolicy[]): PolicyUnion {
    if (applied === this.#list) return this.#next;
    const added = sortedOnce(applied.map(printPolicy).filter((name) => !this.#names.has(name)));
    this.#list = applied;
    this.#next = added.length === 0 ? this : this.#plus(added);
    return this.#next;
  }

  /** The names in code-point order. */
  sorted(): readonly string[] {
    return (this.#sorted ??= sortedOnce(this.#names));
  }

  #plus(added: readonly string[]): PolicyUnion {
    const key = added.join(' ');
    let larger = this.#larger.get(key);
    if (larger === undefined) {
      larger = new PolicyUnion(new Set([...this.#names, ...added]));
      this.#larger.set(key, larger);
    }
    return larger;
  }
}

/** Names that were printed; policies are few and printed often. */
const printed = new WeakMap<AppliedPolicy, string>();

function printPolicy(policy: AppliedPolicy): string {
  let name = printed.get(policy);
  if (name === undefined) {
    const { kind, apiVersion, key, tier } = policy;
    name = printName({ kind, apiVersion, namespace: key.namespace, name: key.name, tier });
    printed.set(policy, name);
  }
  return name;
}
