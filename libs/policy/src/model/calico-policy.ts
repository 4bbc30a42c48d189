import { fields, type Key, type KubernetesObject, list, text } from '@margay/ground';
import { calicoPeer } from './peer.ts';
import type { AllowRule, Direction, Policy } from './policy.ts';
import { Problems } from './problems.ts';
import { ruledDirections } from './ruled-directions.ts';
import { subjectSelector } from './subject.ts';

/** Reads a Calico NetworkPolicy or GlobalNetworkPolicy, or a staged one. */
export function calicoPolicy(resource: KubernetesObject, key: Key): Policy {
  const problems = new Problems(key);
  const spec = fields(resource['spec']);
  const types = calicoTypes(spec);
  const order = spec['order'];
  return {
    key,
    kind: resource.kind,
    apiVersion: resource.apiVersion,
    sortKind: resource.kind,
    tier: text(spec['tier']) || 'default',
    order: typeof order === 'number' ? order : undefined,
    staged: resource.kind.startsWith('Staged'),
    hostEndpointsOnly: spec['preDNAT'] === true || spec['doNotTrack'] === true,
    types,
    ruled: ruledDirections(spec),
    subject: subjectSelector(spec, key.namespace, problems),
    allows: {
      ingress: allowRules(spec, 'ingress', types, key, problems),
      egress: allowRules(spec, 'egress', types, key, problems),
    },
    problems: problems.found,
  };
}

/**
 * The directions that a policy governs: as it says; if it does not say, as the API fills them in on write: egress
 * where there are egress rules, ingress where there are ingress rules or no egress rules.
 *
 * The dataplane takes both where they are absent, but the API never stores them so; an audit event may hold the object
 * as it was requested.
 */
function calicoTypes(spec: Readonly<Record<string, unknown>>): Record<Direction, boolean> {
  const given = list(spec['types']);
  const preDnat = spec['preDNAT'] === true;
  if (given.length > 0)
    return { ingress: given.includes('Ingress'), egress: given.includes('Egress') && !preDnat };
  const egress = list(spec['egress']).length > 0 && !preDnat;
  return { ingress: list(spec['ingress']).length > 0 || !egress, egress };
}

/** The rules of a direction that allow. All rules are read, so that what is wrong with any of them is reported. */
function allowRules(
  spec: Readonly<Record<string, unknown>>,
  direction: Direction,
  types: Readonly<Record<Direction, boolean>>,
  key: Key,
  problems: Problems,
): readonly AllowRule[] {
  const rules: AllowRule[] = [];
  for (const [i, element] of list(spec[direction]).entries()) {
    const rule = fields(element);
    const field = `spec.${direction}[${i}]`;
    const source = calicoPeer(fields(rule['source']), key.namespace, `${field}.source`, problems);
    const destination = calicoPeer(
      fields(rule['destination']),
      key.namespace,
      `${field}.destination`,
      problems,
    );
    // A rule with a side that cannot be read is taken to allow nothing, whichever side it is.
    if (rule['action'] !== 'Allow' || !types[direction] || source === undefined || destination === undefined)
      continue;
    const peer = direction === 'ingress' ? { ...source, domains: [] } : destination;
    rules.push({ field, peer });
  }
  return rules;
}
