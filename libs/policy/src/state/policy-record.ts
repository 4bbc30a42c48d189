import type { Key } from '@margay/ground';
import type { PublicNetworks } from '../model/networks.ts';
import type { AllowRule, Direction, Policy } from '../model/policy.ts';
import { dependsOnSets, internetReason, otherNamespaceReason, type SetContent } from '../model/verdict.ts';
import type { Entry, LabelGroup } from './label-group.ts';
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
  /** Namespaces of allowed services: another namespace for the endpoints of all others. */
  readonly serviceNamespaces: readonly string[];
}

const NOTHING: Verdict = { internet: false, otherNamespace: false, serviceNamespaces: [] };

/** A set of endpoints' policies, and of what they say. */
export type EndpointIndex<M> = SelectorIndex<M, PolicyRecord<M> | undefined>;
export type EndpointGroup<M> = LabelGroup<M, PolicyRecord<M> | undefined>;
export type SetIndex<M> = SelectorIndex<SetContent, PolicyRecord<M>>;

/** A policy in force: whom it selects now, and what it says now. */
export class PolicyRecord<M> {
  readonly policy: Policy;
  readonly applied: AppliedPolicy;
  /** Whom it selects; undefined where that could not be understood. */
  readonly subject: Entry<M, PolicyRecord<M> | undefined> | undefined;
  /** Per rule, the network sets that its peer matches, where these decide. */
  readonly #sets = new Map<AllowRule, Entry<SetContent, PolicyRecord<M>>>();
  verdicts: Readonly<Record<Direction, Verdict>> = { ingress: NOTHING, egress: NOTHING };

  constructor(policy: Policy, endpoints: EndpointIndex<M>, sets: SetIndex<M>, networks: PublicNetworks) {
    this.policy = policy;
    const { key, kind, apiVersion, tier, order, types } = policy;
    this.applied = { key, kind, apiVersion, tier, order, types };
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
  refresh(networks: PublicNetworks): boolean {
    const before = this.verdicts;
    this.verdicts = {
      ingress: this.#verdict('ingress', networks),
      egress: this.#verdict('egress', networks),
    };
    return !same(before.ingress, this.verdicts.ingress) || !same(before.egress, this.verdicts.egress);
  }

  #verdict(direction: Direction, networks: PublicNetworks): Verdict {
    const rules = this.policy.allows[direction];
    if (rules.length === 0) return NOTHING;
    const internet = rules.some((rule) => {
      return internetReason(rule.peer, direction, networks, () => this.setsOf(rule)) !== undefined;
    });
    // A rule that names domains is about these alone.
    const services = new Set(
      rules.flatMap(({ peer }) => (peer.domains.length > 0 ? [] : (peer.serviceNamespaces ?? []))),
    );
    const otherNamespace = rules.some(({ peer }) => {
      return (
        peer.serviceNamespaces === undefined && otherNamespaceReason(this.policy, peer, '') !== undefined
      );
    });
    return { internet, otherNamespace, serviceNamespaces: [...services].filter((name) => name !== '') };
  }
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
    a.serviceNamespaces.length === b.serviceNamespaces.length &&
    a.serviceNamespaces.every((name, i) => name === b.serviceNamespaces[i])
  );
}
