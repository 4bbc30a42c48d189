import { ORCHESTRATOR_LABEL } from './items.ts';
import { labelSelectorTerms } from './label-selector.ts';
import { NO_SELECTORS, type PeerSelectors, peerSelector } from './peer.ts';
import type { Peer } from './policy.ts';
import { PEER_ALLOWS_NOTHING, type Problems } from './problems.ts';

/** Kubernetes' policies speak of pods only: this keeps host endpoints and network sets out. */
export const PODS_ONLY = `${ORCHESTRATOR_LABEL} == 'k8s'`;

/** A peer that is any address, or the given networks. */
export function addressPeer(nets: readonly string[]): Peer {
  return {
    selector: undefined,
    nets,
    domains: [],
    serviceNamespaces: undefined,
    hasNamespaceSelector: false,
    namesNamespaces: false,
  };
}

/** A pod selector as text: pods only, and its terms. Undefined, and a problem, where it cannot be read. */
export function podSelectorText(
  value: unknown,
  field: string,
  consequence: string,
  problems: Problems,
): string | undefined {
  const terms = labelSelectorTerms(value, field, consequence, problems);
  if (terms === undefined) return undefined;
  const selector = [PODS_ONLY, ...terms].join(' && ');
  return problems.parse(selector, field, consequence) && selector;
}

/** A namespace selector as text: '' where it is absent, `all()` where it is empty. Undefined, and a problem, as above. */
export function namespaceSelectorText(
  value: unknown,
  field: string,
  consequence: string,
  problems: Problems,
): string | undefined {
  if (value === undefined || value === null) return '';
  const terms = labelSelectorTerms(value, field, consequence, problems);
  if (terms === undefined) return undefined;
  const selector = terms.length === 0 ? 'all()' : terms.join(' && ');
  return problems.parse(selector, field, consequence) && selector;
}

/**
 * The peer that a pod selector and a namespace selector name, each of them possibly absent, in a policy of `namespace`
 * (empty: cluster-wide). Undefined, and a problem, where one of them cannot be read.
 */
export function podPeer(
  podSelector: unknown,
  namespaceSelector: unknown,
  namespace: string,
  field: string,
  problems: Problems,
): Peer | undefined {
  const pods = podSelectorText(podSelector, `${field}.podSelector`, PEER_ALLOWS_NOTHING, problems);
  const where = namespaceSelectorText(
    namespaceSelector,
    `${field}.namespaceSelector`,
    PEER_ALLOWS_NOTHING,
    problems,
  );
  if (pods === undefined || where === undefined) return undefined;
  const selectors: PeerSelectors = { ...NO_SELECTORS, selector: pods, namespaceSelector: where };
  const selector = peerSelector(selectors, namespace, field, problems);
  if (selector === null) return undefined;
  const given = where !== '';
  return { ...addressPeer([]), selector, hasNamespaceSelector: given, namesNamespaces: given };
}
