import { fields, list, text } from '@margay/ground';
import { pick, sorted, withoutEmpty } from './json.ts';

/** One kind whose history is kept. */
export interface Kind {
  /** Empty for the core group; `crd.projectcalico.org` is folded into `projectcalico.org`. */
  readonly group: string;
  /** Lower-case plural, as in URLs. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** API versions whose shape is known. */
  readonly versions: readonly string[];
  /** What an object of the kind can have as apiVersion, its shape being known. */
  readonly apiVersions: ReadonlySet<string>;
  /** Attempts to write it belong in the audit trail of policies. */
  readonly isPolicy: boolean;
  /** Nothing of it is read but when it ends, since objects of other kinds end with it. */
  readonly onlyEnds: boolean;
  /** The annotations that reports read. */
  readonly annotations: ReadonlySet<string>;
  /** The fields, beside apiVersion, kind and metadata, that reports read. */
  readonly project: (object: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** The API group behind which Calico keeps the objects that it serves as `projectcalico.org`. */
export const CALICO_BACKING_GROUP = 'crd.projectcalico.org';

const NO_ANNOTATIONS: ReadonlySet<string> = new Set();
const POD_ANNOTATIONS: ReadonlySet<string> = new Set([
  'cni.projectcalico.org/podIP',
  'cni.projectcalico.org/podIPs',
  'vpc.amazonaws.com/pod-ips',
  'sidecar.istio.io/status',
]);

const nothing = () => ({});
const wholeSpec = (object: Readonly<Record<string, unknown>>) =>
  withoutEmpty({ spec: sorted(object['spec']) });

const target = (address: unknown) =>
  withoutEmpty({
    ...pick(address, ['ip']),
    targetRef: pick(fields(address)['targetRef'], ['kind', 'namespace', 'name', 'uid']),
  });

function pod(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const spec = fields(object['spec']);
  return withoutEmpty({
    spec: withoutEmpty({
      ...pick(spec, ['nodeName', 'hostNetwork', 'serviceAccountName']),
      containers: list(spec['containers']).map((container) => pick(container, ['name'])),
      ...(list(spec['initContainers']).length > 0 && {
        initContainers: list(spec['initContainers']).map((container) =>
          pick(container, ['name', 'restartPolicy']),
        ),
      }),
    }),
    status: pick(object['status'], ['phase', 'podIP', 'podIPs']),
  });
}

const namespace = (object: Readonly<Record<string, unknown>>) =>
  withoutEmpty({ status: pick(object['status'], ['phase']) });

const service = (object: Readonly<Record<string, unknown>>) => {
  const spec = fields(object['spec']);
  return withoutEmpty({
    spec: withoutEmpty({ selector: sorted(spec['selector']), ...pick(spec, ['type', 'clusterIP']) }),
  });
};

const endpoints = (object: Readonly<Record<string, unknown>>) => ({
  subsets: list(object['subsets']).map((subset) => ({
    addresses: list(fields(subset)['addresses']).map(target),
    notReadyAddresses: list(fields(subset)['notReadyAddresses']).map(target),
  })),
});

const endpointSlice = (object: Readonly<Record<string, unknown>>) => ({
  endpoints: list(object['endpoints']).map((endpoint) =>
    withoutEmpty({
      ...pick(endpoint, ['addresses']),
      conditions: pick(fields(endpoint)['conditions'], ['ready']),
      targetRef: pick(fields(endpoint)['targetRef'], ['kind', 'namespace', 'name', 'uid']),
    }),
  ),
});

const row = (
  group: string,
  versions: readonly string[],
  resource: string,
  kind: string,
  namespaced: boolean,
  project: Kind['project'],
  more: Partial<Kind> = {},
): Kind => ({
  group,
  versions,
  apiVersions: new Set(
    versions.flatMap((version) => {
      if (group === '') return [version];
      const own = `${group}/${version}`;
      return group === 'projectcalico.org' ? [own, `${CALICO_BACKING_GROUP}/${version}`] : [own];
    }),
  ),
  resource,
  kind,
  namespaced,
  project,
  isPolicy: false,
  onlyEnds: false,
  annotations: NO_ANNOTATIONS,
  ...more,
});

const calico = (resource: string, kind: string, namespaced: boolean, isPolicy = false): Kind =>
  row('projectcalico.org', ['v3', 'v1'], resource, kind, namespaced, wholeSpec, { isPolicy });

const clusterWide = (resource: string, kind: string): Kind =>
  row(
    'policy.networking.k8s.io',
    ['v1alpha1', 'v1alpha2', 'v1beta1', 'v1'],
    resource,
    kind,
    false,
    wholeSpec,
    {
      isPolicy: true,
    },
  );

/** Every kind in scope. A new kind is one line here. */
export const KINDS: readonly Kind[] = [
  row('', ['v1'], 'pods', 'Pod', true, pod, { annotations: POD_ANNOTATIONS }),
  row('', ['v1'], 'namespaces', 'Namespace', false, namespace),
  row('', ['v1'], 'serviceaccounts', 'ServiceAccount', true, nothing),
  row('', ['v1'], 'services', 'Service', true, service),
  row('', ['v1'], 'endpoints', 'Endpoints', true, endpoints),
  row('discovery.k8s.io', ['v1', 'v1beta1'], 'endpointslices', 'EndpointSlice', true, endpointSlice),
  row('networking.k8s.io', ['v1'], 'networkpolicies', 'NetworkPolicy', true, wholeSpec, { isPolicy: true }),
  clusterWide('adminnetworkpolicies', 'AdminNetworkPolicy'),
  clusterWide('baselineadminnetworkpolicies', 'BaselineAdminNetworkPolicy'),
  clusterWide('clusternetworkpolicies', 'ClusterNetworkPolicy'),
  calico('networkpolicies', 'NetworkPolicy', true, true),
  calico('globalnetworkpolicies', 'GlobalNetworkPolicy', false, true),
  calico('stagednetworkpolicies', 'StagedNetworkPolicy', true, true),
  calico('stagedglobalnetworkpolicies', 'StagedGlobalNetworkPolicy', false, true),
  calico('stagedkubernetesnetworkpolicies', 'StagedKubernetesNetworkPolicy', true, true),
  calico('networksets', 'NetworkSet', true),
  calico('globalnetworksets', 'GlobalNetworkSet', false),
  calico('hostendpoints', 'HostEndpoint', false),
  calico('tiers', 'Tier', false),
  row(
    'apiextensions.k8s.io',
    ['v1', 'v1beta1'],
    'customresourcedefinitions',
    'CustomResourceDefinition',
    false,
    nothing,
    { onlyEnds: true },
  ),
];

const BY_RESOURCE = new Map(KINDS.map((kind) => [`${kind.group}/${kind.resource}`, kind]));

/** The kind of a group and a resource as a URL or an objectRef names them; undefined where it is out of scope. */
export function kindOf(group: unknown, resource: unknown): Kind | undefined {
  const folded = group === CALICO_BACKING_GROUP ? 'projectcalico.org' : text(group);
  return typeof resource === 'string' ? BY_RESOURCE.get(`${folded}/${resource}`) : undefined;
}
