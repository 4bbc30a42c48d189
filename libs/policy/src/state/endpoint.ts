import type { Key } from '@margay/ground';
import type { Doubted } from '../model/doubted.ts';
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

/** In the order in which reports have them. */
export const FLAG_NAMES = [
  'ingressProtected',
  'egressProtected',
  'ingressFromInternet',
  'egressToInternet',
  'ingressFromOtherNamespace',
  'egressToOtherNamespace',
] as const satisfies readonly (keyof EndpointFlags)[];

/** An endpoint as it is now. Always shows the state's present; meaningless once the endpoint is removed. */
export interface EndpointView {
  readonly key: Key;
  /** Whether the state's scope has it, or may have it. */
  readonly inScope: boolean;
  /** Whether it certainly exists, as an endpoint, in scope. All else is said for the case that it does. */
  readonly isCertain: boolean;
  /** `spec.serviceAccountName` as the object has it; empty for host endpoints. */
  readonly serviceAccount: string;
  /** What certainly holds. */
  readonly flags: EndpointFlags;
  /** What may hold: all that `flags` has, and what is not known. The same object where all is known. */
  readonly mayFlags: EndpointFlags;
  /** Ids of the doubts that leave something open, in no particular order. */
  readonly doubts: readonly string[];
  /** The enforced policies that certainly apply to it, in the order of evaluation. */
  applied(): readonly AppliedPolicy[];
  /** Those that may apply to it besides. */
  mayApply(): readonly AppliedPolicy[];
  /** Every policy whose subject selector selects it, in no particular order: staged ones and those not enforced on it too. */
  selectedBy(): Iterable<Key>;
}

/** What all endpoints of one group have in common. */
export interface GroupVerdict {
  /** Undefined where it is not known. */
  readonly inScope: boolean | undefined;
  readonly flags: EndpointFlags;
  readonly may: EndpointFlags;
  readonly applied: readonly AppliedPolicy[];
  readonly mayApply: readonly AppliedPolicy[];
  readonly doubts: readonly string[];
  /** Whether all labels of the group are known, so that the index tells who selects it. */
  readonly isIndexed: boolean;
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
  /** What is not known of the object itself. */
  doubt: Doubted | undefined;
  readonly #verdict: AskVerdict;

  constructor(key: Key, text: string, group: EndpointGroup<Endpoint>, verdict: AskVerdict) {
    this.key = key;
    this.text = text;
    this.isPod = key.resource === 'pods';
    this.group = group;
    this.#verdict = verdict;
  }

  get inScope(): boolean {
    return this.#verdict(this).inScope !== false;
  }

  get isCertain(): boolean {
    return this.doubt === undefined && this.#verdict(this).inScope === true;
  }

  get serviceAccount(): string {
    return this.group.item.serviceAccount;
  }

  get flags(): EndpointFlags {
    return this.#verdict(this).flags;
  }

  get mayFlags(): EndpointFlags {
    return this.#verdict(this).may;
  }

  get doubts(): readonly string[] {
    const { doubts } = this.#verdict(this);
    return this.doubt === undefined ? doubts : [this.doubt.id, ...doubts];
  }

  applied(): readonly AppliedPolicy[] {
    return this.#verdict(this).applied;
  }

  mayApply(): readonly AppliedPolicy[] {
    return this.#verdict(this).mayApply;
  }

  *selectedBy(): Iterable<Key> {
    // Asking for the verdict brings the matches up to date.
    this.#verdict(this);
    for (const { owner } of this.group.matches.others) {
      for (const record of owner.users) if (record !== undefined) yield record.policy.key;
    }
  }
}
