import type { Key } from '@margay/ground';
import type { Doubted } from './doubted.ts';
import type { PublicNetworks } from './networks.ts';
import type { Direction, Peer, Policy } from './policy.ts';

/** What makes a rule count as "internet" or "other namespaces". */
export type Reason =
  /** The rule names no peer at all. */
  | { readonly kind: 'any-address' }
  | { readonly kind: 'public-network'; readonly network: string }
  | { readonly kind: 'domain'; readonly domain: string }
  /** The rule's selector matches a network set that holds a public network or a domain. */
  | { readonly kind: 'network-set'; readonly set: Key; readonly holds: string }
  /** A rule of a cluster-wide policy that names no networks. */
  | { readonly kind: 'cluster-wide' }
  | { readonly kind: 'namespace-selector' }
  | { readonly kind: 'service'; readonly namespace: string };

/** What of a network set counts here: one public network and one domain of it, if it has any. */
export interface SetContent {
  readonly key: Key;
  readonly publicNetwork: string | undefined;
  readonly domain: string | undefined;
  /** That it may be gone. */
  readonly doubt: Doubted | undefined;
}

/**
 * Why an Allow rule with this peer reaches the internet in this direction; undefined if it does not.
 *
 * Whether the rule can be hit never matters, nor do addresses of endpoints. `matching` gives the network sets that the
 * peer's selector matches; it is asked only where they decide.
 */
export function internetReason(
  peer: Peer,
  direction: Direction,
  networks: PublicNetworks,
  matching: () => Iterable<SetContent>,
): Reason | undefined {
  if (peer.serviceNamespaces !== undefined) return undefined;
  const network = networks.firstPublic(peer.nets);
  if (peer.selector === undefined) {
    const domain = peer.domains[0];
    if (domain !== undefined) return direction === 'egress' ? { kind: 'domain', domain } : undefined;
    if (peer.nets.length === 0) return { kind: 'any-address' };
    return network === undefined ? undefined : { kind: 'public-network', network };
  }
  if (peer.nets.length > 0 && network === undefined) return undefined;
  for (const set of matching()) {
    const holds = set.publicNetwork ?? (direction === 'egress' ? set.domain : undefined);
    if (holds !== undefined) return { kind: 'network-set', set: set.key, holds };
  }
  return undefined;
}

/** Whether the network sets that match the peer's selector decide about the internet. */
export function dependsOnSets(peer: Peer, networks: PublicNetworks): boolean {
  if (peer.selector === undefined || peer.serviceNamespaces !== undefined) return false;
  return peer.nets.length === 0 || networks.firstPublic(peer.nets) !== undefined;
}

/** Why an Allow rule reaches other namespaces than `namespace`, a pod's own; undefined if it does not. */
export function otherNamespaceReason(
  policy: Pick<Policy, 'key'>,
  peer: Peer,
  namespace: string,
): Reason | undefined {
  if (peer.domains.length > 0) return undefined;
  if (peer.serviceNamespaces !== undefined) {
    const other = peer.serviceNamespaces.find((service) => service !== '' && service !== namespace);
    return other === undefined ? undefined : { kind: 'service', namespace: other };
  }
  if (policy.key.namespace === '') return peer.nets.length === 0 ? { kind: 'cluster-wide' } : undefined;
  if (peer.hasNamespaceSelector) return peer.namesNamespaces ? { kind: 'namespace-selector' } : undefined;
  return peer.nets.length === 0 && peer.selector === undefined ? { kind: 'any-address' } : undefined;
}
