import type { Key } from '@margay/ground';
import type { Doubted, Unseen } from '../model/doubted.ts';
import type { Endpoint } from './endpoint.ts';
import type { Parent } from './label-group.ts';
import type { PolicyRecord } from './policy-record.ts';
import { WildPolicies } from './wild-policies.ts';

const NONE: readonly string[] = [];

type AnyParent = Pick<Parent<never, never>, 'name' | 'labels'>;

/** What a state does not know of its objects, and the policies by namespace, which are tried where labels are not known. */
export class Uncertainty {
  readonly wildPolicies = new WildPolicies();
  /** Ids of the doubts about network sets, by whose they are: any set may hold any network. */
  readonly wildSets = new Map<string, string>();
  readonly #parents = new Map<string, string>();
  /** Ids of doubts that leave open whether there are unseen namespaces. */
  readonly #unseenNamespaces = new Set<string>();
  /** The same of service accounts, by namespace; empty for all. */
  readonly #unseenAccounts = new Map<string, Set<string>>();
  readonly #tiers = new Map<string, string>();
  readonly #unseenTiers = new Set<string>();
  /** Empty for those of the whole cluster. */
  readonly #policies = new Map<string, Set<PolicyRecord<Endpoint>>>();

  /** Says, or takes back, that the labels of a parent are not known. Whether this is news. */
  setParent(name: string, doubt: Doubted | undefined): boolean {
    return note(this.#parents, name, doubt);
  }

  /** Says, or takes back, that it is not known what a tier does by default. Whether this is news. */
  setTier(name: string, doubt: Doubted | undefined): boolean {
    return note(this.#tiers, name, doubt);
  }

  /** Says, or takes back, that there may be tiers that nobody saw. */
  setUnseenTiers(id: string, isOn: boolean): void {
    if (isOn) this.#unseenTiers.add(id);
    else this.#unseenTiers.delete(id);
  }

  /** Ids of the doubts for which it is not known what a tier does by default. @param isKnown whether it is known to exist. */
  tierDoubts(name: string, isKnown: boolean): readonly string[] {
    if (this.#tiers.size === 0 && this.#unseenTiers.size === 0) return NONE;
    const own = this.#tiers.get(name);
    if (own !== undefined) return [own];
    return isKnown ? NONE : [...this.#unseenTiers];
  }

  /** Says, or takes back, that there may be parents that nobody saw. */
  setUnseenParents({ id, resource, namespace = '' }: Unseen, isOn: boolean): void {
    const accounts = this.#unseenAccounts;
    const ids = resource === 'namespaces' ? this.#unseenNamespaces : (accounts.get(namespace) ?? new Set());
    if (isOn) ids.add(id);
    else ids.delete(id);
    if (resource === 'namespaces') return;
    if (ids.size > 0) accounts.set(namespace, ids);
    else accounts.delete(namespace);
  }

  /** Whether the labels of a parent are not known: there is a doubt about it, or nobody saw it and it may be there. */
  isOpen(parent: AnyParent): boolean {
    return this.#isAnyOpen && this.doubtsOf(parent).length > 0;
  }

  get #isAnyOpen(): boolean {
    return this.#parents.size > 0 || this.#unseenNamespaces.size > 0 || this.#unseenAccounts.size > 0;
  }

  /** Ids of the doubts that leave the labels of a parent open. */
  doubtsOf({ name, labels }: AnyParent): readonly string[] {
    const own = this.#parents.get(name);
    if (own !== undefined) return [own];
    if (labels.size > 0) return [];
    if (name.startsWith('kns.')) return [...this.#unseenNamespaces];
    if (!name.startsWith('ksa.')) return [];
    const namespace = name.split('.')[1] ?? '';
    return [...(this.#unseenAccounts.get('') ?? []), ...(this.#unseenAccounts.get(namespace) ?? [])];
  }

  addPolicy(record: PolicyRecord<Endpoint>): void {
    const { namespace } = record.policy.key;
    const known = this.#policies.get(namespace);
    if (known === undefined) this.#policies.set(namespace, new Set([record]));
    else known.add(record);
  }

  deletePolicy(record: PolicyRecord<Endpoint>): void {
    const { namespace } = record.policy.key;
    const known = this.#policies.get(namespace);
    if (known?.delete(record) === true && known.size === 0) this.#policies.delete(namespace);
  }

  /** The policies that could select something in the namespace; empty for host endpoints. */
  *policiesAbout(namespace: string): Iterable<PolicyRecord<Endpoint>> {
    yield* this.#policies.get('') ?? [];
    if (namespace !== '') yield* this.#policies.get(namespace) ?? [];
  }

  /** Whether what a network set says is certain. */
  isCertainSet({ namespace }: Key): boolean {
    return !this.wildSets.has(`namespace ${namespace}`);
  }
}

function note(doubts: Map<string, string>, name: string, doubt: Doubted | undefined): boolean {
  if (doubts.get(name) === doubt?.id) return false;
  if (doubt === undefined) doubts.delete(name);
  else doubts.set(name, doubt.id);
  return true;
}
