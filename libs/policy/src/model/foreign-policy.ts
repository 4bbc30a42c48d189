import type { Key, KubernetesObject } from '@margay/ground';
import type { Policy } from './policy.ts';
import { Problems, SELECTS_NOTHING } from './problems.ts';

/** A policy of a kind that restricts traffic and is not understood: for as long as it is there, it may select and allow anything. */
export function foreignPolicy({ kind, apiVersion }: KubernetesObject, key: Key): Policy {
  const problems = new Problems(key);
  problems.add(
    'kind',
    `${kind} of ${key.group} restricts traffic in ways that are not understood`,
    SELECTS_NOTHING,
  );
  return {
    key,
    kind,
    apiVersion,
    sortKind: kind,
    tier: 'default',
    order: undefined,
    staged: false,
    hostEndpointsOnly: false,
    types: { ingress: true, egress: true },
    ruled: { ingress: true, egress: true },
    subject: undefined,
    allows: { ingress: [], egress: [] },
    problems: problems.found,
  };
}
