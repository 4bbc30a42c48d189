import { fields, type Key, type KubernetesObject, list, text } from '@margay/ground';
import { addressPeer, podPeer, podSelectorText } from './kubernetes-peer.ts';
import { noNetwork, parseNetwork } from './networks.ts';
import type { AllowRule, Direction, Peer, Policy } from './policy.ts';
import { Problems, SELECTS_NOTHING } from './problems.ts';
import { ruledDirections } from './ruled-directions.ts';
import { subjectText } from './subject.ts';

/** Where Calico puts Kubernetes' policies among its own. */
const ORDER = 1000;

/**
 * Reads a Kubernetes NetworkPolicy, or Calico's staged form of one.
 *
 * Every rule allows; a rule without peers allows any address. Governs ingress only unless policyTypes says more.
 */
export function kubernetesPolicy(resource: KubernetesObject, key: Key): Policy {
  const problems = new Problems(key);
  const spec = fields(resource['spec']);
  const given = list(spec['policyTypes']);
  const types = {
    ingress: given.length === 0 || given.includes('Ingress'),
    egress: given.includes('Egress'),
  };
  const consequence = SELECTS_NOTHING;
  const pods = podSelectorText(spec['podSelector'], 'spec.podSelector', consequence, problems);
  const parts = { namespaceSelector: '', serviceAccountSelector: '', namespace: key.namespace };
  const subject = pods === undefined ? undefined : subjectText({ selector: pods, ...parts });
  const staged = resource.kind.startsWith('Staged');
  return {
    key,
    kind: resource.kind,
    apiVersion: resource.apiVersion,
    sortKind: staged ? resource.kind : 'KubernetesNetworkPolicy',
    tier: 'default',
    order: ORDER,
    staged,
    hostEndpointsOnly: false,
    types,
    ruled: ruledDirections(spec),
    subject: subject === undefined ? undefined : problems.combined(subject, 'spec.podSelector', consequence),
    allows: {
      ingress: types.ingress ? rules(spec, 'ingress', key.namespace, problems) : [],
      egress: types.egress ? rules(spec, 'egress', key.namespace, problems) : [],
    },
    problems: problems.found,
  };
}

function rules(
  spec: Readonly<Record<string, unknown>>,
  direction: Direction,
  namespace: string,
  problems: Problems,
): readonly AllowRule[] {
  const found: AllowRule[] = [];
  const side = direction === 'ingress' ? 'from' : 'to';
  for (const [i, rule] of list(spec[direction]).entries()) {
    const field = `spec.${direction}[${i}]`;
    const peers = list(fields(rule)[side]);
    if (peers.length === 0) found.push({ field, peer: addressPeer([]) });
    for (const [j, element] of peers.entries()) {
      const peerField = `${field}.${side}[${j}]`;
      const peer = readPeer(fields(element), namespace, peerField, problems);
      if (peer !== undefined) found.push({ field: peerField, peer });
    }
  }
  return found;
}

function readPeer(
  peer: Readonly<Record<string, unknown>>,
  namespace: string,
  field: string,
  problems: Problems,
): Peer | undefined {
  if (peer['ipBlock'] === undefined || peer['ipBlock'] === null) {
    return podPeer(peer['podSelector'], peer['namespaceSelector'], namespace, field, problems);
  }
  const cidr = text(fields(peer['ipBlock'])['cidr']);
  if (parseNetwork(cidr) !== undefined) return addressPeer([cidr]);
  problems.add(
    `${field}.ipBlock.cidr`,
    noNetwork(cidr),
    'the rule is taken to allow any address, as the dataplane does',
  );
  return addressPeer([]);
}
