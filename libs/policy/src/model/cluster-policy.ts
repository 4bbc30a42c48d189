import { fields, type Key, type KubernetesObject, list, texts } from '@margay/ground';
import { addressPeer, namespaceSelectorText, podPeer, podSelectorText } from './kubernetes-peer.ts';
import { noNetwork, parseNetwork } from './networks.ts';
import type { AllowRule, Direction, Peer, Policy } from './policy.ts';
import { Problems, RULE_ALLOWS_NOTHING, SELECTS_NOTHING } from './problems.ts';
import { ruledDirections } from './ruled-directions.ts';
import { subjectText } from './subject.ts';
import type { Selector } from '../selector/selector.ts';

const BASELINE_ORDER = 1000;

/**
 * Reads Kubernetes' cluster-wide policies: ClusterNetworkPolicy, and AdminNetworkPolicy and
 * BaselineAdminNetworkPolicy before it.
 *
 * Each is like a Calico GlobalNetworkPolicy that selects pods, in a tier before or behind all others that passes by
 * default. Governs the directions that it has rules for; both, without effect, if it has none.
 */
export function clusterPolicy(resource: KubernetesObject, key: Key): Policy {
  const problems = new Problems(key);
  const spec = fields(resource['spec']);
  const ruled = ruledDirections(spec);
  const tier = tierOf(resource.kind, spec, problems);
  const subject = subjectOf(spec['subject'], problems);
  const priority = resource.kind === 'BaselineAdminNetworkPolicy' ? BASELINE_ORDER : spec['priority'];
  return {
    key,
    kind: resource.kind,
    apiVersion: resource.apiVersion,
    sortKind: resource.kind,
    tier: tier ?? 'default',
    order: typeof priority === 'number' ? priority : undefined,
    staged: false,
    hostEndpointsOnly: false,
    types: ruled.ingress || ruled.egress ? ruled : { ingress: true, egress: true },
    ruled,
    subject: tier === undefined ? undefined : subject,
    allows: { ingress: rules(spec, 'ingress', problems), egress: rules(spec, 'egress', problems) },
    problems: problems.found,
  };
}

function tierOf(
  kind: string,
  spec: Readonly<Record<string, unknown>>,
  problems: Problems,
): string | undefined {
  if (kind === 'AdminNetworkPolicy') return 'adminnetworkpolicy';
  if (kind === 'BaselineAdminNetworkPolicy') return 'baselineadminnetworkpolicy';
  if (spec['tier'] === 'Admin') return 'kube-admin';
  if (spec['tier'] === 'Baseline') return 'kube-baseline';
  problems.add(
    'spec.tier',
    `${JSON.stringify(spec['tier'] ?? '')} is not Admin or Baseline`,
    SELECTS_NOTHING,
  );
  return undefined;
}

function subjectOf(value: unknown, problems: Problems): Selector | undefined {
  const subject = fields(value);
  const pods = fields(subject['pods']);
  const [where, who, field] =
    'pods' in subject
      ? [pods['namespaceSelector'] ?? {}, pods['podSelector'], 'spec.subject.pods']
      : [subject['namespaces'], undefined, 'spec.subject.namespaces'];
  if (where === undefined || where === null) {
    problems.add('spec.subject', 'expected namespaces or pods', SELECTS_NOTHING);
    return undefined;
  }
  const selector = podSelectorText(who, field, SELECTS_NOTHING, problems);
  const namespaceSelector = namespaceSelectorText(where, field, SELECTS_NOTHING, problems);
  if (selector === undefined || namespaceSelector === undefined) return undefined;
  const combined = subjectText({ selector, namespaceSelector, serviceAccountSelector: '', namespace: '' });
  return problems.combined(combined, field, SELECTS_NOTHING);
}

function rules(
  spec: Readonly<Record<string, unknown>>,
  direction: Direction,
  problems: Problems,
): readonly AllowRule[] {
  const found: AllowRule[] = [];
  const side = direction === 'ingress' ? 'from' : 'to';
  for (const [i, element] of list(spec[direction]).entries()) {
    const rule = fields(element);
    if (rule['action'] !== 'Allow' && rule['action'] !== 'Accept') continue;
    const peers: AllowRule[] = [];
    for (const [j, peerElement] of list(rule[side]).entries()) {
      const field = `spec.${direction}[${i}].${side}[${j}]`;
      const peer = readPeer(fields(peerElement), direction, field, problems);
      if (peer === undefined) break;
      peers.push({ field, peer });
    }
    // An Allow rule with a peer that cannot be converted is dropped as a whole.
    if (peers.length === list(rule[side]).length) found.push(...peers);
  }
  return found;
}

function readPeer(
  peer: Readonly<Record<string, unknown>>,
  direction: Direction,
  field: string,
  problems: Problems,
): Peer | undefined {
  if ('pods' in peer) {
    const pods = fields(peer['pods']);
    return podPeer(pods['podSelector'], pods['namespaceSelector'] ?? {}, '', `${field}.pods`, problems);
  }
  if ('namespaces' in peer)
    return podPeer(undefined, peer['namespaces'] ?? {}, '', `${field}.namespaces`, problems);
  const domains = direction === 'egress' ? texts(peer['domainNames']) : [];
  if (domains.length > 0) return { ...addressPeer([]), domains };
  const networks = direction === 'egress' ? list(peer['networks']) : [];
  if (networks.length > 0) return networksPeer(networks, field, problems);
  const kinds = Object.keys(peer).join(', ') || 'nothing';
  problems.add(field, `a peer given by ${kinds} has no counterpart in the dataplane`, RULE_ALLOWS_NOTHING);
  return undefined;
}

/** Undefined, and a problem for each of them, where there are networks that cannot be read. */
function networksPeer(networks: readonly unknown[], field: string, problems: Problems): Peer | undefined {
  const isNetwork = (net: unknown): net is string =>
    typeof net === 'string' && parseNetwork(net) !== undefined;
  if (networks.every(isNetwork)) return addressPeer(networks);
  for (const [i, net] of networks.entries()) {
    if (!isNetwork(net)) problems.add(`${field}.networks[${i}]`, noNetwork(net), RULE_ALLOWS_NOTHING);
  }
  return undefined;
}
