import type { KubernetesObject } from '@margay/ground';

type Labels = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, unknown>>;

const V3 = 'projectcalico.org/v3';

/** An object named `namespace/name`, or `name` for one of the whole cluster. */
function object(
  apiVersion: string,
  kind: string,
  path: string,
  rest: Fields,
  { labels = {}, ...metadata }: { labels?: Labels; annotations?: Labels; generateName?: string } = {},
): KubernetesObject {
  const slash = path.indexOf('/');
  const name = path.slice(slash + 1);
  const namespace = slash < 0 ? {} : { namespace: path.slice(0, slash) };
  return { apiVersion, kind, metadata: { name, ...namespace, labels, ...metadata }, ...rest };
}

export interface PodOptions {
  readonly serviceAccount?: string;
  readonly ip?: string;
  readonly generateName?: string;
  readonly sidecar?: boolean;
  readonly phase?: string;
  readonly hostNetwork?: boolean;
}

/** A pod with an address on a node. */
export function pod(path: string, labels: Labels = {}, options: PodOptions = {}): KubernetesObject {
  const { serviceAccount = 'default', ip = '10.0.0.1', generateName, sidecar, phase, hostNetwork } = options;
  const mesh = [{ name: 'istio-proxy' }];
  const spec = {
    nodeName: 'node-1',
    serviceAccountName: serviceAccount,
    ...(hostNetwork && { hostNetwork }),
    containers: [{ name: 'main' }, ...(sidecar ? mesh : [])],
    ...(sidecar && { initContainers: [{ name: 'istio-init' }] }),
  };
  const status = { phase: phase ?? 'Running', podIP: ip };
  return object('v1', 'Pod', path, { spec, status }, { labels, ...(generateName && { generateName }) });
}

export const namespace = (name: string, labels: Labels = {}): KubernetesObject =>
  object('v1', 'Namespace', name, {}, { labels });
export const serviceAccount = (path: string, labels: Labels = {}): KubernetesObject =>
  object('v1', 'ServiceAccount', path, {}, { labels });
export const hostEndpoint = (name: string, labels: Labels = {}): KubernetesObject =>
  object(V3, 'HostEndpoint', name, { spec: { node: `host-${name}`, interfaceName: '*' } }, { labels });
export const service = (path: string, selector?: Labels, more: Fields = {}): KubernetesObject =>
  object('v1', 'Service', path, { spec: { ...(selector && { selector }), ...more } });
export const networkSet = (path: string, nets: string[], labels: Labels = {}): KubernetesObject =>
  object(V3, path.includes('/') ? 'NetworkSet' : 'GlobalNetworkSet', path, { spec: { nets } }, { labels });
export const kubernetesPolicy = (path: string, spec: Fields): KubernetesObject =>
  object('networking.k8s.io/v1', 'NetworkPolicy', path, { spec });
/** A Calico policy: global without a namespace. */
export const calicoPolicy = (path: string, spec: Fields, staged = false): KubernetesObject =>
  object(V3, `${staged ? 'Staged' : ''}${path.includes('/') ? '' : 'Global'}NetworkPolicy`, path, { spec });
export const slice = (path: string, serviceName: string, endpoints: readonly unknown[]): KubernetesObject =>
  object(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    path,
    { endpoints },
    { labels: { 'kubernetes.io/service-name': serviceName } },
  );
export const endpoints = (path: string, addresses: readonly unknown[]): KubernetesObject =>
  object('v1', 'Endpoints', path, { subsets: [{ addresses, notReadyAddresses: [{ ip: '10.0.0.1' }] }] });
