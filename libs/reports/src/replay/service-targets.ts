import { at, isFields, type KubernetesObject, list, text } from '@margay/ground';

/**
 * Whom an address of a service means, as text: a pod by uid, a pod by name, or whoever holds an IP address.
 * The same text can be made for a pod, with `targetsOfPod`.
 */
export type Target = string;

const byUid = (namespace: string, name: string, uid: string): Target => `uid ${namespace}/${name} ${uid}`;
const byName = (namespace: string, name: string): Target => `pod ${namespace}/${name}`;
const byAddress = (address: string): Target => `ip ${address}`;

/** The key text of the pod that a target names, or the address that it is about. */
export function podOfTarget(
  target: Target,
):
  | { readonly pod: string; readonly address?: undefined }
  | { readonly pod?: undefined; readonly address: string } {
  const [kind, what = ''] = target.split(' ');
  return kind === 'ip' ? { address: what } : { pod: `pods/${what}` };
}

/** The targets that mean this pod. */
export function targetsOfPod(pod: KubernetesObject, uid: string): Target[] {
  const { namespace = '', name } = pod.metadata;
  return [byUid(namespace, name, uid), byName(namespace, name), ...addressesOf(pod).map(byAddress)];
}

/** The addresses that a pod holds, as text. */
export function addressesOf(pod: KubernetesObject): string[] {
  const ips = list(at(pod, 'status', 'podIPs')).map((entry) => text(at(entry, 'ip')));
  if (ips.some((ip) => ip !== '')) return ips.filter((ip) => ip !== '');
  const annotations = pod.metadata.annotations ?? {};
  const addresses =
    text(at(pod, 'status', 'podIP')) ||
    annotations['cni.projectcalico.org/podIPs'] ||
    annotations['cni.projectcalico.org/podIP'] ||
    annotations['vpc.amazonaws.com/pod-ips'] ||
    '';
  // Annotations may give a prefix length.
  return addresses.split(',').flatMap((part) => part.trim().split('/')[0] || []);
}

/** The ready targets of an EndpointSlice. A condition that is not given counts as ready, as its API says. */
export function targetsOfSlice(slice: KubernetesObject): Target[] {
  return list(slice['endpoints']).flatMap((endpoint) => {
    if (!isFields(endpoint) || at(endpoint, 'conditions', 'ready') === false) return [];
    const addresses = list(endpoint['addresses']).filter((address) => typeof address === 'string');
    return targetsOfEndpoint(endpoint['targetRef'], addresses, slice.metadata.namespace ?? '');
  });
}

/** The ready targets of an Endpoints object. */
export function targetsOfEndpoints(endpoints: KubernetesObject): Target[] {
  return list(endpoints['subsets']).flatMap((subset) =>
    list(at(subset, 'addresses')).flatMap((address) =>
      targetsOfEndpoint(
        at(address, 'targetRef'),
        [text(at(address, 'ip'))],
        endpoints.metadata.namespace ?? '',
      ),
    ),
  );
}

function targetsOfEndpoint(ref: unknown, addresses: readonly string[], own: string): Target[] {
  if (!isFields(ref)) return addresses.filter((address) => address !== '').map(byAddress);
  // Anything but a pod is no endpoint of a report.
  if (ref['kind'] !== 'Pod') return [];
  const namespace = text(ref['namespace']) || own;
  const [name, uid] = [text(ref['name']), text(ref['uid'])];
  return [uid === '' ? byName(namespace, name) : byUid(namespace, name, uid)];
}

/** The `namespace/name` of the service that a slice belongs to; undefined where it belongs to none. */
export function serviceOfSlice(slice: KubernetesObject): string | undefined {
  const name = slice.metadata.labels?.['kubernetes.io/service-name'];
  return name === undefined || name === '' ? undefined : `${slice.metadata.namespace ?? ''}/${name}`;
}

/** The selector of a service whose members are chosen by it; undefined for those without one and for external names. */
export function selectorOfService(service: KubernetesObject): ReadonlyMap<string, string> | undefined {
  const selector = at(service, 'spec', 'selector');
  if (!isFields(selector) || at(service, 'spec', 'type') === 'ExternalName') return undefined;
  const pairs = Object.entries(selector).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  return pairs.length === 0 ? undefined : new Map(pairs);
}
