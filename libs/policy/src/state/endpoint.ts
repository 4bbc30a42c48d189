import type { Key } from '@margay/ground';
import type { AppliedPolicy, EndpointGroup } from './policy-record.ts';

/** What policies make of an endpoint at this instant. */
export interface EndpointFlags {
  readonly ingressProtected: boolean;
  readonly egressProtected: boolean;
  readonly ingressFromInternet: boolean;
  readonly egressToInternet: boolean;
  readonly ingressFromOtherNamespace: boolean;
  readonly egressToOtherNamespace: boolean;
}

/** An endpoint as it is now. Always shows the state's present; meaningless once the endpoint is removed. */
export interface EndpointView {
  readonly key: Key;
  /** Whether the state's scope has it. */
  readonly inScope: boolean;
  /** `spec.serviceAccountName` as the object has it; empty for host endpoints. */
  readonly serviceAccount: string;
  readonly flags: EndpointFlags;
  /** The enforced policies that apply to it, in the order of evaluation. */
  applied(): readonly AppliedPolicy[];
  /** Every policy whose subject selector selects it, in no particular order: staged ones and those not enforced on it too. */
  selectedBy(): Iterable<Key>;
}

/** What all endpoints of one group have in common. */
export interface GroupVerdict {
  readonly inScope: boolean;
  readonly flags: EndpointFlags;
  readonly applied: readonly AppliedPolicy[];
}

/** What an endpoint asks the state that holds it. */
export type AskVerdict = (endpoint: Endpoint) => GroupVerdict;

/** An endpoint that the state holds. */
export class Endpoint implements EndpointView {
  readonly key: Key;
  readonly text: string;
  /** Whether it is a pod, and not a host endpoint. */
  readonly isPod: boolean;
  group: EndpointGroup<Endpoint>;
  readonly #verdict: AskVerdict;

  constructor(key: Key, text: string, group: EndpointGroup<Endpoint>, verdict: AskVerdict) {
    this.key = key;
    this.text = text;
    this.isPod = key.resource === 'pods';
    this.group = group;
    this.#verdict = verdict;
  }

  get inScope(): boolean {
    return this.#verdict(this).inScope;
  }

  get serviceAccount(): string {
    return this.group.item.serviceAccount;
  }

  get flags(): EndpointFlags {
    return this.#verdict(this).flags;
  }

  applied(): readonly AppliedPolicy[] {
    return this.#verdict(this).applied;
  }

  *selectedBy(): Iterable<Key> {
    // Asking for the verdict brings the matches up to date.
    this.#verdict(this);
    for (const { owner } of this.group.matches.others) {
      for (const record of owner.users) if (record !== undefined) yield record.policy.key;
    }
  }
}
