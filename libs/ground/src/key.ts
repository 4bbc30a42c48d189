import { compareTexts } from './order.ts';

/** The name of one place in the cluster: whatever object has this name now, whichever uid it has. */
export interface Key {
  /** API group; empty for the core group. Calico's storage group is folded into `projectcalico.org`. */
  readonly group: string;
  /** Lower-case plural, as in URLs and RBAC: `pods`, `networkpolicies`. */
  readonly resource: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** `networkpolicies.projectcalico.org/shop/web`, `pods/shop/web-1`, `hostendpoints.projectcalico.org//node-1`. */
export function keyText(key: Key): string {
  return `${resourceName(key)}/${key.namespace}/${key.name}`;
}

/** `pods`, `networkpolicies.networking.k8s.io`: the name of a resource that no other has. */
export function resourceName({ group, resource }: Pick<Key, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Orders keys by group, resource, namespace, name. */
export function compareKeys(a: Key, b: Key): number {
  return (
    compareTexts(a.group, b.group) ||
    compareTexts(a.resource, b.resource) ||
    compareTexts(a.namespace, b.namespace) ||
    compareTexts(a.name, b.name)
  );
}
