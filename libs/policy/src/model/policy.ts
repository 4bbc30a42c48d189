import type { Key } from '@margay/ground';
import type { Selector } from '../selector/selector.ts';

/** The direction of traffic, seen from the endpoint that a policy selects. */
export type Direction = 'ingress' | 'egress';

/** One side of a rule that allows traffic: who the endpoint may talk with, as far as reports ask. */
export interface Peer {
  /** The effective selector, negative selector folded in; undefined where any address will do. */
  readonly selector: Selector | undefined;
  /** CIDRs and addresses; empty where they do not matter. */
  readonly nets: readonly string[];
  readonly domains: readonly string[];
  /** The namespaces of the services that are allowed, empty for the endpoint's own; undefined without a services match. */
  readonly serviceNamespaces: readonly string[] | undefined;
  /** The rule names other namespaces itself, by a namespace selector that is not `global()`. */
  readonly namesNamespaces: boolean;
  /** A namespace selector was given at all. */
  readonly hasNamespaceSelector: boolean;
}

/** A rule with action Allow. */
export interface AllowRule {
  /** Where it stands in the object: `spec.ingress[0]`, with the peer where a rule has several. */
  readonly field: string;
  readonly peer: Peer;
}

/** Something in a policy that could not be understood, so that the policy may say more than is counted. */
export interface PolicyProblem {
  readonly policy: Key;
  /** As in the object: `spec.ingress[0].source.selector`. */
  readonly field: string;
  readonly message: string;
  /** Index into the field's text, where the problem is in a selector. */
  readonly position?: number;
  /** What the problem does to the policy's effect, in words. */
  readonly consequence: string;
}

/** A policy of any kind, reduced to what decides whom it selects and what it allows. */
export interface Policy {
  readonly key: Key;
  readonly kind: string;
  readonly apiVersion: string;
  /** The kind by which equal policies are told apart when they are sorted: `KubernetesNetworkPolicy` for Kubernetes' own. */
  readonly sortKind: string;
  readonly tier: string;
  /** Lower first; undefined is last. */
  readonly order: number | undefined;
  /** Staged policies select but never allow, deny or protect. */
  readonly staged: boolean;
  /** preDNAT or doNotTrack: enforced on host endpoints only. */
  readonly hostEndpointsOnly: boolean;
  /** The directions it governs. */
  readonly types: Readonly<Record<Direction, boolean>>;
  /** The directions that it has rules for, whatever these do. */
  readonly ruled: Readonly<Record<Direction, boolean>>;
  /** Whom it selects; undefined where that could not be understood: then nobody. */
  readonly subject: Selector | undefined;
  /** Its rules with action Allow, for the directions that it governs. */
  readonly allows: Readonly<Record<Direction, readonly AllowRule[]>>;
  readonly problems: readonly PolicyProblem[];
}
