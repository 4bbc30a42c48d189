import { kindOfObject, servedApiVersion, type Key } from '@margay/ground';

/** What is needed to print a resource's name. */
export interface ResourceRef {
  readonly kind: string;
  readonly apiVersion: string;
  /** Empty or absent for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly name: string;
  /** The tier of a Calico policy, which is printed in front of its name. */
  readonly tier?: string | undefined;
}

/**
 * A resource's name as reports print it.
 *
 * `Kind(name)` or `Kind(namespace/name)` for `projectcalico.org/v3`, otherwise with the API version:
 * `Pod.v1(shop/web-1)`, `NetworkPolicy.networking.k8s.io/v1(shop/web)`, `GlobalNetworkPolicy(security.pci)`.
 * Calico policies have their tier in front, the default tier too: `NetworkPolicy(shop/default.web)`.
 */
export function printName(ref: ResourceRef): string {
  const apiVersion = servedApiVersion(ref.apiVersion);
  const kind = apiVersion === 'projectcalico.org/v3' ? ref.kind : `${ref.kind}.${apiVersion}`;
  const name = printedPolicyName(ref, apiVersion);
  return `${kind}(${ref.namespace === undefined || ref.namespace === '' ? '' : `${ref.namespace}/`}${name})`;
}

function printedPolicyName(ref: ResourceRef, apiVersion: string): string {
  if (kindOfObject({ ...ref, apiVersion })?.form !== 'calico') return ref.name;
  const prefix = `${ref.tier === undefined || ref.tier === '' ? 'default' : ref.tier}.`;
  return ref.name.startsWith(prefix) ? ref.name : prefix + ref.name;
}

/** The key of a pod or host endpoint by its printed name; undefined for any other text. */
export function endpointKeyOf(printed: string): Key | undefined {
  const [, kind, inner = ''] = /^(Pod\.v1|HostEndpoint)\((.*)\)$/.exec(printed) ?? [];
  if (kind === undefined) return undefined;
  if (kind === 'HostEndpoint')
    return { group: 'projectcalico.org', resource: 'hostendpoints', namespace: '', name: inner };
  const slash = inner.indexOf('/');
  return { group: '', resource: 'pods', namespace: inner.slice(0, slash), name: inner.slice(slash + 1) };
}
