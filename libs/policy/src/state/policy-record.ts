import type { Key } from '@margay/ground';
import type { Doubted } from '../model/doubted.ts';
import type { PublicNetworks } from '../model/networks.ts';
import type { AllowRule, Direction, Policy } from '../model/policy.ts';
import { mayAllowMore, unreadId } from '../model/problems.ts';
import { dependsOnSets, internetReason, otherNamespaceReason, type SetContent } from '../model/verdict.ts';
import type { Entry, LabelGroup } from './label-group.ts';
import { partlyMatches, type PartlyKnownLabels } from '../selector/partly-known.ts';
import { restsOnParents } from './partly-known-group.ts';
import type { SelectorIndex } from './selector-index.ts';

/** A policy that applies to an endpoint, as reports list it. */
export interface AppliedPolicy {
  readonly key: Key;
  readonly kind: string;
  readonly apiVersion: string;
  readonly tier: string;
  readonly order: number | undefined;
  /** The directions that it is about; it protects those that it has rules for, and both in a tier that denies by default. */
  readonly types: Readonly<Record<Direction, boolean>>;
}

/** What a policy says for one direction, to every endpoint that it applies to. */
interface Verdict {
  readonly internet: boolean;
  readonly otherNamespace: boolean;
  /** What it may say too, as far as is known. */
  readonly mayInternet: boolean;
  readonly mayOtherNamespace: boolean;
  /** Namespaces of allowed services: another namespace for the endpoints of all others. */
  readonly serviceNamespaces: readonly string[];
}

const NOTHING: Verdict = {
  internet: false,
  otherNamespace: false,
  mayInternet: false,
  mayOtherNamespace: false,
  serviceNamespaces: [],
};
const NO_DOUBTS: readonly string[] = [];

/** What is not known of network sets. */
export interface SetsInDoubt {
  /** Ids of the doubts for which there may be sets of any content. */
  readonly wildSets: ReadonlyMap<string, string>;
  /** Whether the labels of a set are known. */
  isCertainSet(key: Key): boolean;
}

/** A set of endpoints' policies, and of what they say. */
export type EndpointIndex<M> = SelectorIndex<M, PolicyRecord<M> | undefined>;
export type EndpointGroup<M> = LabelGroup<M, PolicyRecord<M> | undefined>;
export type SetIndex<M> = SelectorIndex<SetContent, PolicyRecord<M>>;

/** A policy in force: whom it selects now, and what it says now. */
export class PolicyRecord<M> {
  readonly policy: Policy;
  readonly applied: AppliedPolicy;
  /** That it may be gone. */
  readonly doubt: Doubted | undefined;
  /** Whether its subject looks at labels of namespaces or service accounts. */
  readonly restsOnParents: boolean;
  /** Whom it selects; undefined where that could not be understood. */
  readonly subject: Entry<M, PolicyRecord<M> | undefined> | undefined;
  /** Per rule, the network sets that its peer matches, where these decide. */
  readonly #sets = new Map<AllowRule, Entry<SetContent, PolicyRecord<M>>>();
  verdicts: Readonly<Record<Direction, Verdict>> = { ingress: NOTHING, egress: NOTHING };
  /** Ids of the doubts for which it may say more than it certainly does. */
  openBy: readonly string[] = NO_DOUBTS;

  constructor(
    policy: Policy,
    doubt: Doubted | undefined,
    endpoints: EndpointIndex<M>,
    sets: SetIndex<M>,
    networks: PublicNetworks,
  ) {
    this.policy = policy;
    this.doubt = doubt;
    this.restsOnParents = policy.subject !== undefined && restsOnParents(policy.subject);
    this.applied = appliedPolicy(policy);
    this.subject = policy.subject && endpoints.use(policy.subject, this);
    for (const { rule } of allowRules(policy)) {
      if (rule.peer.selector === undefined || !dependsOnSets(rule.peer, networks)) continue;
      this.#sets.set(rule, sets.use(rule.peer.selector, this));
    }
  }

  /** Lets go of everything that it holds in the indexes. */
  release(endpoints: EndpointIndex<M>, sets: SetIndex<M>): void {
    if (this.subject !== undefined) endpoints.release(this.subject, this);
    for (const entry of this.#sets.values()) sets.release(entry, this);
  }

  /** Whether it may say more than it certainly does. */
  get isOpen(): boolean {
    return this.openBy.length > 0;
  }

  /** Whether it depends on network sets what it says. */
  get looksAtSets(): boolean {
    return this.#sets.size > 0;
  }

  /** Whether it selects an endpoint with these labels; undefined where that depends on labels that are not known. */
  selects(labels: PartlyKnownLabels): boolean | undefined {
    const { subject } = this.policy;
    return subject !== undefined && partlyMatches(subject.expression, labels);
  }

  /** Whether it is enforced on endpoints of this sort; staged policies nowhere. */
  appliesTo(isPod: boolean): boolean {
    return !this.policy.staged && !(isPod && this.policy.hostEndpointsOnly);
  }

  /** The network sets that a rule's peer matches, in no particular order. */
  *setsOf(rule: AllowRule): Iterable<SetContent> {
    const entry = this.#sets.get(rule);
    if (entry === undefined) return;
    for (const { owner } of entry.groups.others) yield* owner.members;
  }

  /** Works out the verdicts from the rules and the network sets; whether they changed. */
  refresh(networks: PublicNetworks, sets: SetsInDoubt): boolean {
    const before = this.verdicts;
    const openBefore = this.openBy;
    const open = new Set<string>();
    this.verdicts = {
      ingress: this.#verdict('ingress', networks, sets, open),
      egress: this.#verdict('egress', networks, sets, open),
    };
    this.openBy = open.size === 0 ? NO_DOUBTS : [...open];
    return (
      !same(before.ingress, this.verdicts.ingress) ||
      !same(before.egress, this.verdicts.egress) ||
      openBefore.join() !== this.openBy.join()
    );
  }

  /** @param open gets the ids of the doubts for which it may say more. */
  #verdict(direction: Direction, networks: PublicNetworks, sets: SetsInDoubt, open: Set<string>): Verdict {
    const rules = this.policy.allows[direction];
    const mayAllow = mayAllowMore(this.policy.problems, direction);
    if (rules.length === 0 && !mayAllow) return NOTHING;
    const isCertain = ({ key, doubt }: SetContent) => doubt === undefined && sets.isCertainSet(key);
    const internet = rules.some((rule) => {
      const certain = () => [...this.setsOf(rule)].filter(isCertain);
      return internetReason(rule.peer, direction, networks, certain) !== undefined;
    });
    const bySets = internet ? [] : this.#openSets(direction, networks, sets);
    if (mayAllow) open.add(unreadId(this.policy.key));
    for (const id of bySets) open.add(id);
    // A rule that names domains is about these alone.
    const services = new Set(
      rules.flatMap(({ peer }) => (peer.domains.length > 0 ? [] : (peer.serviceNamespaces ?? []))),
    );
    const otherNamespace = rules.some(({ peer }) => {
      return (
        peer.serviceNamespaces === undefined && otherNamespaceReason(this.policy, peer, '') !== undefined
      );
    });
    return {
      internet,
      otherNamespace,
      mayInternet: internet || mayAllow || bySets.length > 0,
      mayOtherNamespace: otherNamespace || mayAllow,
      serviceNamespaces: [...services].filter((name) => name !== ''),
    };
  }

  /** Ids of the doubts about network sets for which a rule that looks at sets may reach the internet. */
  #openSets(direction: Direction, networks: PublicNetworks, { wildSets }: SetsInDoubt): readonly string[] {
    const ids: string[] = [];
    for (const rule of this.policy.allows[direction]) {
      if (!this.#sets.has(rule)) continue;
      ids.push(...wildSets.values());
      for (const set of this.setsOf(rule)) {
        const reaches = internetReason(rule.peer, direction, networks, () => [set]) !== undefined;
        if (set.doubt !== undefined && reaches) ids.push(set.doubt.id);
      }
    }
    return ids;
  }
}

/** A policy as reports list it. */
export function appliedPolicy({ key, kind, apiVersion, tier, order, types }: Policy): AppliedPolicy {
  return { key, kind, apiVersion, tier, order, types };
}

/** The Allow rules of both directions. */
export function* allowRules(policy: Policy): Iterable<{ direction: Direction; rule: AllowRule }> {
  for (const direction of ['ingress', 'egress'] as const) {
    for (const rule of policy.allows[direction]) yield { direction, rule };
  }
}

/** Whether two policies are the same to everyone who reads `AppliedPolicy`, rules and subject apart. */
export function looksTheSame(a: Policy, b: Policy): boolean {
  return (
    a.apiVersion === b.apiVersion &&
    a.tier === b.tier &&
    a.order === b.order &&
    a.staged === b.staged &&
    a.hostEndpointsOnly === b.hostEndpointsOnly &&
    a.types.ingress === b.types.ingress &&
    a.types.egress === b.types.egress &&
    a.ruled.ingress === b.ruled.ingress &&
    a.ruled.egress === b.ruled.egress
  );
}

function same(a: Verdict, b: Verdict): boolean {
  return (
    a.internet === b.internet &&
    a.otherNamespace === b.otherNamespace &&
    a.mayInternet === b.mayInternet &&
    a.mayOtherNamespace === b.mayOtherNamespace &&
    a.serviceNamespaces.length === b.serviceNamespaces.length &&
    a.serviceNamespaces.every((name, i) => name === b.serviceNamespaces[i])
  );
}
