import type { Key } from '@margay/ground';
import type { Direction } from '../model/policy.ts';
import type { Reason } from '../model/verdict.ts';
import type { EndpointFlags } from '../state/endpoint.ts';
import type { AppliedPolicy } from '../state/policy-record.ts';
import type { DecidingTest } from './why-matches.ts';

/** Where an endpoint's label comes from. */
export type LabelOrigin =
  | { readonly kind: 'own' }
  /** Set by Calico whatever the user says: the namespace, the orchestrator, the service account. */
  | { readonly kind: 'forced' }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'service-account'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'profile'; readonly name: string };

/** A label that selectors see on an endpoint. */
export interface ExplainedLabel {
  readonly name: string;
  readonly value: string;
  readonly from: LabelOrigin;
}

/** A test that decides a match, and where the label that it looked at comes from; undefined where it is absent. */
export interface ExplainedTest extends DecidingTest {
  readonly from: LabelOrigin | undefined;
}

/** A policy that selects the endpoint. */
export interface ExplainedPolicy extends AppliedPolicy {
  /** As reports print it: `NetworkPolicy(shop/default.web)`. */
  readonly name: string;
  /** Whether it applies; a reason if not. */
  readonly notEnforced: 'staged' | 'host endpoints only' | undefined;
  /** Its effective selector, canonical. */
  readonly selector: string;
  /** The tests that make the selector match. */
  readonly because: readonly ExplainedTest[];
}

/** One cause of a flag: a policy, and the rule of it if the flag is about rules. */
export interface FlagCause {
  readonly policy: string;
  /** `spec.ingress[0]`; absent where the policy alone is the cause. */
  readonly rule?: string;
  readonly reason?: Reason;
}

/** A flag with everything that makes it true; no causes where it is false. */
export interface ExplainedFlag {
  readonly flag: keyof EndpointFlags;
  readonly direction: Direction;
  /** Whether it certainly holds. */
  readonly holds: boolean;
  /** It may hold, and that is not known. */
  readonly notKnown: boolean;
  readonly causes: readonly FlagCause[];
}

/** Why an endpoint is what it is at this instant. */
export interface Explanation {
  readonly key: Key;
  /** As reports print it: `Pod.v1(shop/web-1)`. */
  readonly name: string;
  readonly inScope: boolean;
  readonly serviceAccount: string;
  /** Every label that selectors see, by name. */
  readonly labels: readonly ExplainedLabel[];
  /** The policies that apply, in the order of evaluation. */
  readonly applied: readonly ExplainedPolicy[];
  /** As reports print them: those that may apply besides, as far as is known. */
  readonly mayApply: readonly string[];
  /** Whether it certainly is there; all else is said for the case that it is. */
  readonly isCertain: boolean;
  /** Those that select it and are not enforced on it, in the same order. */
  readonly notEnforced: readonly ExplainedPolicy[];
  readonly flags: readonly ExplainedFlag[];
}
