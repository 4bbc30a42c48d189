import type { KubernetesObject } from '@margay/ground';
import type { Version } from '@margay/history';

type Ref = { kind?: string; name?: string; namespace?: string; uid?: string };
type Address = { ip?: string; targetRef?: Ref };
type SliceEndpoint = { addresses?: string[]; targetRef?: Ref; conditions?: { ready?: boolean } };
type ServiceSpec = { selector?: Record<string, string>; type?: string };

/** Tells the services that hold a pod, as printed, among the objects valid now; `all` are those of the window. */
export function servicesAt(valid: readonly Version[], all: readonly Version[]): (pod: Version) => string[] {
  const now = Map.groupBy(valid, serviceOf);
  const ever = Map.groupBy(all, serviceOf);
  return (pod) =>
    [...now]
      .filter(([service, parts]) => service !== '' && holds(pod, parts, ever.get(service) ?? []))
      .map(([service]) => `Service.v1(${service})`);
}

/** `namespace/name` of the service that an object is of; '' for objects of no service. */
function serviceOf({ resource, namespace, name, content }: Version): string {
  if (resource === 'endpointslices')
    return `${namespace}/${content.metadata.labels?.['kubernetes.io/service-name']}`;
  return resource === 'services' || resource === 'endpoints' ? `${namespace}/${name}` : '';
}

function holds(pod: Version, now: readonly Version[], ever: readonly Version[]): boolean {
  const slices = now.filter(({ resource }) => resource === 'endpointslices');
  const endpoints = now.filter(({ resource }) => resource === 'endpoints');
  if (slices.length > 0) {
    return slices.some(({ content, namespace }) =>
      (content['endpoints'] as SliceEndpoint[]).some(
        ({ conditions, targetRef, addresses = [] }) =>
          conditions?.ready !== false && isPod(pod, namespace, targetRef, addresses),
      ),
    );
  }
  if (endpoints.length > 0) {
    return endpoints.some(({ content, namespace }) =>
      (content['subsets'] as { addresses?: Address[] }[]).some(({ addresses = [] }) =>
        addresses.some(({ ip = '', targetRef }) => isPod(pod, namespace, targetRef, [ip])),
      ),
    );
  }
  if (ever.some(({ resource }) => resource !== 'services')) return false;
  return now.some(({ content, namespace }) => namespace === pod.namespace && selects(content, pod));
}

function isPod(pod: Version, namespace: string, ref: Ref | undefined, addresses: readonly string[]): boolean {
  if (ref === undefined) {
    const { podIP } = pod.content['status'] as { podIP?: string };
    return podIP !== undefined && addresses.includes(podIP);
  }
  const named = (ref.namespace ?? namespace) === pod.namespace && ref.name === pod.name;
  return ref.kind === 'Pod' && named && (ref.uid === undefined || ref.uid === pod.uid);
}

function selects(service: KubernetesObject, pod: Version): boolean {
  const { selector = {}, type } = service['spec'] as ServiceSpec;
  const pairs = Object.entries(selector);
  const labels = pod.content.metadata.labels ?? {};
  return (
    type !== 'ExternalName' && pairs.length > 0 && pairs.every(([name, value]) => labels[name] === value)
  );
}
