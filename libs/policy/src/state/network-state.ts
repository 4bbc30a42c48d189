import {
  asServed,
  compareTexts,
  fields,
  isStorageForm,
  keyOf,
  keyText,
  kindOf,
  servedGroup,
  texts,
  type Key,
  type KubernetesObject,
} from '@margay/ground';
import { explainEndpoint } from '../explain/explain.ts';
import { type Doubted, sameDoubt, type Unseen } from '../model/doubted.ts';
import type { Explanation } from '../explain/explanation.ts';
import {
  endpointItem,
  inheritedLabels,
  type LabelledItem,
  namespaceParent,
  networkSetItem,
  partlyKnownItem,
  serviceAccountParent,
} from '../model/items.ts';
import { PublicNetworks } from '../model/networks.ts';
import { FIXED_TIERS, readTier, type Tier } from '../model/order.ts';
import type { Policy, PolicyProblem } from '../model/policy.ts';
import { unreadId } from '../model/problems.ts';
import { readPolicy } from '../model/read-policy.ts';
import type { SetContent } from '../model/verdict.ts';
import { Endpoint, type EndpointView, type GroupVerdict } from './endpoint.ts';
import { type VerdictContext, verdictOfGroup } from './group-verdict.ts';
import type { LabelGroup } from './label-group.ts';
import { appliedPolicy, type EndpointGroup, looksTheSame, PolicyRecord } from './policy-record.ts';
import type { NetworkStateOptions } from './options.ts';
import { type CompiledScope, compileScopes } from './scope.ts';
import { SelectorIndex } from './selector-index.ts';
import { Uncertainty } from './uncertainty.ts';
import { type Reach, reachOf } from './wild-policies.ts';

type SetGroup = LabelGroup<SetContent, PolicyRecord<Endpoint>>;

/**
 * The network controls of a cluster at one instant, and what they make of each endpoint.
 *
 * Fed with objects as they come and go. The result depends on the objects that are there, never on the order in which
 * they came. Work is done when something is asked, and costs what changed and whom it concerns.
 */
export class NetworkState {
  readonly #scope: CompiledScope;
  readonly #networks: PublicNetworks;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #policies = new Map<string, PolicyRecord<Endpoint>>();
  readonly #sets = new Map<string, { readonly content: SetContent; readonly group: SetGroup }>();
  /** How many network sets are in each namespace. */
  readonly #setNamespaces = new Map<string, number>();
  readonly #tiers = new Map<string, Tier>(FIXED_TIERS);
  /** Names that objects have in Calico's storage, where these differ from their own. */
  readonly #storageNames = new Map<string, string>();
  readonly #endpointIndex: SelectorIndex<Endpoint, PolicyRecord<Endpoint> | undefined>;
  readonly #setIndex: SelectorIndex<SetContent, PolicyRecord<Endpoint>>;
  /** Something came, went or changed since all was settled. */
  #isStale = false;
  readonly #staleVerdicts = new Set<PolicyRecord<Endpoint>>();
  /** Each once: those with `changed` set. */
  #changedGroups: EndpointGroup<Endpoint>[] = [];
  readonly #changedEndpoints = new Set<string>();
  readonly #uncertainty = new Uncertainty();
  readonly #context: VerdictContext;
  /** Those of which not all labels are known, so that the index does not tell who selects them. */
  readonly #openGroups = new Set<EndpointGroup<Endpoint>>();
  /** By key text, the reach of policies of which no more is known. */
  readonly #wild = new Map<string, Reach>();

  /** What the policies make of an endpoint, up to date. A field, since endpoints hold it. */
  readonly #verdictOf = ({ group, isPod }: Endpoint): GroupVerdict => {
    this.#settle();
    // Set here only, and forgotten in #markGroup.
    let verdict = group.derived as GroupVerdict | undefined;
    if (verdict === undefined) {
      verdict = verdictOfGroup(group, isPod, this.#context);
      if (verdict.isIndexed) this.#openGroups.delete(group);
      else this.#openGroups.add(group);
      group.derived = verdict;
    }
    return verdict;
  };

  /** Throws `SelectorError` naming the scope's field, or `RangeError` for a private network that is none. */
  constructor(options: NetworkStateOptions = {}) {
    this.#scope = compileScopes([options.scope ?? {}].flat());
    this.#networks = new PublicNetworks(options.privateNetworks);
    this.#context = { tiers: this.#tiers, scope: this.#scope, uncertainty: this.#uncertainty };
    this.#endpointIndex = new SelectorIndex((group) => this.#markGroup(group));
    this.#setIndex = new SelectorIndex((_, entry) => {
      for (const record of entry.users) this.#staleVerdicts.add(record);
    });
    // So that a group whose scope may have changed is told of.
    for (const selector of this.#scope.selectors) this.#endpointIndex.use(selector, undefined);
  }

  /**
   * Adds or replaces an object. Kinds that play no part are ignored; a pod that is no endpoint is as if absent.
   *
   * @param doubt what is not known of it. The object is then as it was last seen, its name alone where it never was.
   */
  upsert(object: KubernetesObject, doubt?: Doubted): void {
    const served = asServed(object);
    const key = keyOf(served);
    if (key === undefined) return;
    this.#isStale = true;
    const text = keyText(key);
    if (isStorageForm(object.apiVersion) && object.metadata.name !== key.name) {
      this.#storageNames.set(keyText({ ...key, name: object.metadata.name }), key.name);
    }
    switch (kindOf(key)?.role) {
      case 'endpoint': {
        const isKnown = doubt === undefined || doubt.may === 'be-gone';
        const item = isKnown ? endpointItem(served) : partlyKnownItem(served, doubt.may === 'differ');
        if (item === undefined) this.#dropEndpoint(text);
        else this.#setEndpoint(key, text, item, doubt);
        break;
      }
      case 'parent':
        this.#setParent(key, inheritedLabels(served), doubt);
        break;
      case 'networkSet':
        this.#setNetworkSet(key, text, served, doubt);
        break;
      case 'tier':
        this.#setTier(key.name, readTier(served), doubt);
        break;
      case 'policy': {
        const policy = readPolicy(served, key);
        if (policy !== undefined) this.#setPolicy(text, policy, doubt);
        break;
      }
      case 'service':
      case 'definition':
      case 'settings':
      case undefined:
        break;
    }
  }

  /** Removes an object; unknown keys are ignored. The name may be the one in Calico's storage. */
  remove(given: Key): void {
    this.#isStale = true;
    let key: Key = { ...given, group: servedGroup(given.group) };
    const stored = keyText(key);
    const name = this.#storageNames.get(stored);
    if (
      name !== undefined &&
      !this.#policies.has(stored) &&
      !this.#sets.has(stored) &&
      !this.#endpoints.has(stored)
    ) {
      this.#storageNames.delete(stored);
      key = { ...key, name };
    }
    const text = keyText(key);
    switch (kindOf(key)?.role) {
      case 'parent':
        this.#setParent(key, new Map(), undefined);
        break;
      case 'tier':
        this.#dropTier(key.name);
        break;
      case 'endpoint':
        this.#dropEndpoint(text);
        break;
      case 'networkSet':
        this.#dropNetworkSet(text);
        break;
      case 'policy':
        this.#dropPolicy(text);
        break;
      case 'service':
      case 'definition':
      case 'settings':
      case undefined:
        break;
    }
  }

  /** Says, or takes back, that there may be objects of a kind that nobody saw. Endpoints nobody saw are nobody's here. */
  setUnseen(unseen: Unseen, isOn: boolean): void {
    this.#isStale = true;
    const { id, resource } = unseen;
    const role = kindOf(unseen)?.role ?? 'policy';
    if (role === 'policy') {
      const reach = reachOf(unseen);
      if (reach === undefined) return;
      const key = `${id} ${unseen.group}/${resource}`;
      if (isOn) this.#uncertainty.wildPolicies.set(key, reach, { id, policy: undefined });
      else this.#uncertainty.wildPolicies.delete(key, reach);
      this.#markReach(reach);
    } else if (role === 'parent') {
      this.#uncertainty.setUnseenParents(unseen, isOn);
      for (const group of this.#endpointIndex.groups()) this.#markGroup(group);
      if (resource === 'namespaces')
        for (const namespace of this.#setNamespaces.keys()) this.#reviewSets(namespace);
    } else if (role === 'tier') {
      this.#uncertainty.setUnseenTiers(id, isOn);
      for (const group of this.#endpointIndex.groups()) this.#markGroup(group);
    } else if (role === 'networkSet') this.#setWildSets(`unseen ${id} ${resource}`, isOn ? id : undefined);
  }

  /**
   * The key texts of all endpoints that were added or removed, or whose flags, policies or scope may have changed,
   * since this was last asked.
   */
  flush(): ReadonlySet<string> {
    this.#settle();
    // A Set made of a list in one go is much cheaper than one that grows.
    const texts = [...this.#changedEndpoints];
    for (const group of this.#changedGroups) {
      group.changed = false;
      for (const { text } of group.members) texts.push(text);
    }
    this.#changedGroups = [];
    this.#changedEndpoints.clear();
    return new Set(texts);
  }

  /** The endpoint with this key text, if there is one now. */
  endpoint(text: string): EndpointView | undefined {
    return this.#endpoints.get(text);
  }

  /** All endpoints, in no particular order. */
  endpoints(): Iterable<EndpointView> {
    return this.#endpoints.values();
  }

  /** Everything that could not be understood in the policies that are there, by policy. */
  problems(): readonly PolicyProblem[] {
    return [...this.#policies]
      .filter(([, { policy }]) => policy.problems.length > 0)
      .sort(([a], [b]) => compareTexts(a, b))
      .flatMap(([, { policy }]) => policy.problems);
  }

  /** Why the endpoint with this key text is what it is now: its labels, policies and flags; undefined if there is none. */
  explain(text: string): Explanation | undefined {
    this.#settle();
    const endpoint = this.#endpoints.get(text);
    return endpoint && explainEndpoint(endpoint, this.#context, this.#networks);
  }

  #settle(): void {
    if (!this.#isStale) return;
    this.#setIndex.settle();
    this.#endpointIndex.settle();
    for (const record of this.#staleVerdicts) {
      if (record.refresh(this.#networks, this.#uncertainty)) this.#markSelected(record);
    }
    // What is refreshed may be selected otherwise: that is settled next.
    this.#isStale = this.#staleVerdicts.size > 0;
    this.#staleVerdicts.clear();
  }

  #setEndpoint(key: Key, text: string, item: LabelledItem, doubt: Doubted | undefined): void {
    const group = this.#endpointIndex.group(key.resource, item);
    const known = this.#endpoints.get(text);
    if (known?.group === group && sameDoubt(known.doubt, doubt)) return;
    this.#changedEndpoints.add(text);
    if (known === undefined) {
      const endpoint = new Endpoint(key, text, group, this.#verdictOf);
      endpoint.doubt = doubt;
      this.#endpoints.set(text, endpoint);
      group.members.add(endpoint);
      return;
    }
    known.doubt = doubt;
    if (known.group !== group) {
      group.members.add(known);
      this.#leaveGroup(known);
      known.group = group;
    }
  }

  #dropEndpoint(text: string): void {
    const endpoint = this.#endpoints.get(text);
    if (endpoint === undefined) return;
    this.#endpoints.delete(text);
    this.#changedEndpoints.add(text);
    this.#leaveGroup(endpoint);
  }

  #leaveGroup(endpoint: Endpoint): void {
    this.#endpointIndex.leave(endpoint.group, endpoint);
  }

  #setParent(
    { resource, namespace, name }: Key,
    labels: ReadonlyMap<string, string>,
    doubt: Doubted | undefined,
  ): void {
    const parent =
      resource === 'namespaces'
        ? namespaceParent(name)
        : resource === 'serviceaccounts'
          ? serviceAccountParent(namespace, name)
          : name;
    // The profiles of namespaces and service accounts are made from these alone.
    if (resource === 'profiles' && (name.startsWith('kns.') || name.startsWith('ksa.'))) return;
    // What was never seen and then is, or was there and then is not, stops or starts to be open to those nobody saw.
    const wasOpen = this.#uncertainty.isOpen({ name: parent, labels: this.#endpointIndex.labelsOf(parent) });
    const isNews = this.#uncertainty.setParent(parent, doubt);
    this.#endpointIndex.setParent(parent, labels);
    this.#setIndex.setParent(parent, labels);
    const isOpen = this.#uncertainty.isOpen({ name: parent, labels });
    if (!isNews && wasOpen === isOpen) return;
    for (const group of this.#endpointIndex.groupsUnder(parent)) this.#markGroup(group);
    if (resource === 'namespaces') this.#reviewSets(name);
  }

  #setNetworkSet(key: Key, text: string, set: KubernetesObject, doubt: Doubted | undefined): void {
    const isWild = doubt !== undefined && doubt.may !== 'be-gone';
    this.#setWildSets(text, isWild ? doubt.id : undefined);
    if (isWild) {
      this.#forgetNetworkSet(text);
      return;
    }
    const spec = fields(set['spec']);
    const publicNetwork = this.#networks.firstPublic(texts(spec['nets']));
    const content: SetContent = { key, publicNetwork, domain: texts(spec['allowedEgressDomains'])[0], doubt };
    const group = this.#setIndex.group('set', networkSetItem(set, key.namespace));
    const known = this.#sets.get(text);
    group.members.add(content);
    if (known !== undefined) this.#leaveSetGroup(known.group, known.content);
    this.#sets.set(text, { content, group });
    this.#markSetUsers(group);
    if (known === undefined) this.#countSet(key.namespace, 1);
  }

  #dropNetworkSet(text: string): void {
    this.#setWildSets(text, undefined);
    this.#forgetNetworkSet(text);
  }

  #forgetNetworkSet(text: string): void {
    const known = this.#sets.get(text);
    if (known === undefined) return;
    this.#sets.delete(text);
    this.#leaveSetGroup(known.group, known.content);
    this.#countSet(known.content.key.namespace, -1);
  }

  #countSet(namespace: string, step: 1 | -1): void {
    if (namespace === '') return;
    const count = (this.#setNamespaces.get(namespace) ?? 0) + step;
    if (count > 0) this.#setNamespaces.set(namespace, count);
    else this.#setNamespaces.delete(namespace);
    this.#reviewSets(namespace);
  }

  /** Of sets in a namespace whose labels are not known it is not known who selects them. */
  #reviewSets(namespace: string): void {
    const parent = namespaceParent(namespace);
    const [id] = this.#setNamespaces.has(namespace)
      ? this.#uncertainty.doubtsOf({ name: parent, labels: this.#setIndex.labelsOf(parent) })
      : [];
    this.#setWildSets(`namespace ${namespace}`, id);
  }

  #setWildSets(whose: string, id: string | undefined): void {
    const { wildSets } = this.#uncertainty;
    if (wildSets.get(whose) === id) return;
    if (id === undefined) wildSets.delete(whose);
    else wildSets.set(whose, id);
    for (const record of this.#policies.values()) if (record.looksAtSets) this.#staleVerdicts.add(record);
  }

  #leaveSetGroup(group: SetGroup, content: SetContent): void {
    this.#markSetUsers(group);
    this.#setIndex.leave(group, content);
  }

  #markSetUsers(group: SetGroup): void {
    for (const { owner } of group.matches.others)
      for (const record of owner.users) this.#staleVerdicts.add(record);
  }

  #setPolicy(text: string, policy: Policy, doubt: Doubted | undefined): void {
    this.#tame(text);
    if (doubt !== undefined && doubt.may !== 'be-gone') {
      this.#forgetPolicy(text);
      this.#makeWild(text, policy, doubt.id);
      return;
    }
    if (policy.subject === undefined && !policy.staged) this.#makeWild(text, policy, unreadId(policy.key));
    const known = this.#policies.get(text);
    const record = new PolicyRecord(policy, doubt, this.#endpointIndex, this.#setIndex, this.#networks);
    this.#policies.set(text, record);
    this.#uncertainty.addPolicy(record);
    this.#staleVerdicts.add(record);
    if (known !== undefined) {
      const asBefore =
        known.subject === record.subject &&
        sameDoubt(known.doubt, doubt) &&
        looksTheSame(known.policy, policy);
      // What the old one said is what changes are measured by.
      if (asBefore) record.verdicts = known.verdicts;
      else this.#markSelected(known);
      this.#release(known);
      if (asBefore) return;
    }
    this.#markSelected(record);
  }

  #dropPolicy(text: string): void {
    this.#tame(text);
    this.#forgetPolicy(text);
  }

  /** The policy may select whomever it can reach, and allow everything. */
  #makeWild(text: string, policy: Policy, id: string): void {
    const reach = reachOf(policy.key);
    if (reach === undefined) return;
    this.#wild.set(text, reach);
    this.#uncertainty.wildPolicies.set(text, reach, { id, policy: appliedPolicy(policy) });
    this.#markReach(reach);
  }

  #tame(text: string): void {
    const reach = this.#wild.get(text);
    if (reach === undefined) return;
    this.#wild.delete(text);
    this.#uncertainty.wildPolicies.delete(text, reach);
    this.#markReach(reach);
  }

  #markReach({ namespace }: Reach): void {
    const reached =
      namespace === undefined
        ? this.#endpointIndex.groups()
        : this.#endpointIndex.groupsUnder(namespaceParent(namespace));
    for (const group of reached) this.#markGroup(group);
  }

  #forgetPolicy(text: string): void {
    const record = this.#policies.get(text);
    if (record === undefined) return;
    this.#policies.delete(text);
    this.#markSelected(record);
    this.#release(record);
  }

  #release(record: PolicyRecord<Endpoint>): void {
    this.#staleVerdicts.delete(record);
    this.#uncertainty.deletePolicy(record);
    record.release(this.#endpointIndex, this.#setIndex);
  }

  #setTier(name: string, tier: Tier, doubt: Doubted | undefined): void {
    const known = this.#tiers.get(name);
    const isNews = this.#uncertainty.setTier(name, doubt);
    if (!isNews && known !== undefined && known.order === tier.order && known.passes === tier.passes) return;
    this.#tiers.set(name, tier);
    this.#markTier(name);
  }

  #dropTier(name: string): void {
    this.#uncertainty.setTier(name, undefined);
    if (!this.#tiers.delete(name)) return;
    const fixed = FIXED_TIERS.get(name);
    if (fixed !== undefined) this.#tiers.set(name, fixed);
    this.#markTier(name);
  }

  #markTier(name: string): void {
    for (const record of this.#policies.values()) if (record.policy.tier === name) this.#markSelected(record);
  }

  #markSelected(record: PolicyRecord<Endpoint>): void {
    for (const { owner } of record.subject?.groups.others ?? []) this.#markGroup(owner);
    if (this.#openGroups.size > 0) this.#markOpen(record);
  }

  /** Marks the groups of which not all labels are known that the policy may select. */
  #markOpen({ policy: { key } }: PolicyRecord<Endpoint>): void {
    for (const group of this.#openGroups) {
      if (group.members.size === 0) this.#openGroups.delete(group);
      else if (key.namespace === '' || key.namespace === group.item.namespace) this.#markGroup(group);
    }
  }

  #markGroup(group: EndpointGroup<Endpoint>): void {
    group.derived = undefined;
    if (group.changed) return;
    group.changed = true;
    this.#changedGroups.push(group);
  }
}
