import { fields, KINDS, list, resourceName, settingsOf, text, type Fields, type Kind } from '@margay/ground';
import { pick, sorted, sortedTexts, withoutEmpty } from './json.ts';

/** What reports read of the objects of a kind. */
export interface Projection {
  /** The annotations that are kept. */
  readonly annotations: ReadonlySet<string>;
  /** The fields that are kept, beside apiVersion, kind and metadata. */
  readonly fields: (object: Fields) => Record<string, unknown>;
}

const NO_ANNOTATIONS: ReadonlySet<string> = new Set();
const POD_ANNOTATIONS: ReadonlySet<string> = new Set([
  'cni.projectcalico.org/podIP',
  'cni.projectcalico.org/podIPs',
  'vpc.amazonaws.com/pod-ips',
  'sidecar.istio.io/status',
]);

const nothing = () => ({});
const wholeSpec = (object: Fields) => withoutEmpty({ spec: sorted(object['spec']) });

const target = (address: unknown) =>
  withoutEmpty({
    ...pick(address, ['ip']),
    targetRef: pick(fields(address)['targetRef'], ['kind', 'namespace', 'name', 'uid']),
  });

function pod(object: Fields): Record<string, unknown> {
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

const namespace = (object: Fields) => withoutEmpty({ status: pick(object['status'], ['phase']) });

const service = (object: Fields) => {
  const spec = fields(object['spec']);
  return withoutEmpty({
    spec: withoutEmpty({ selector: sorted(spec['selector']), ...pick(spec, ['type', 'clusterIP']) }),
  });
};

const endpoints = (object: Fields) => ({
  subsets: list(object['subsets']).map((subset) => ({
    addresses: list(fields(subset)['addresses']).map(target),
    notReadyAddresses: list(fields(subset)['notReadyAddresses']).map(target),
  })),
});

const endpointSlice = (object: Fields) => ({
  endpoints: list(object['endpoints']).map((endpoint) =>
    withoutEmpty({
      ...pick(endpoint, ['addresses']),
      conditions: pick(fields(endpoint)['conditions'], ['ready']),
      targetRef: pick(fields(endpoint)['targetRef'], ['kind', 'namespace', 'name', 'uid']),
    }),
  ),
});

/** Of what a plugin's DaemonSet makes: by which labels and containers its pods are known. */
const daemonSet = (object: Fields) => {
  const template = fields(fields(object['spec'])['template']);
  const labels = sortedTexts(fields(template['metadata'])['labels']);
  const containers = list(fields(template['spec'])['containers']).map((one) => pick(one, ['name']));
  return { spec: { template: { metadata: withoutEmpty({ labels }), spec: { containers } } } };
};

/** Of a ConfigMap by which a plugin is set up, the keys that say whether it enforces policies; of others nothing. */
const settings = (object: Fields) => {
  const { namespace, name } = fields(object['metadata']);
  const keys = settingsOf(text(namespace), text(name))?.keys ?? [];
  return {
    data: pick(
      object['data'],
      keys.map(({ key }) => key),
    ),
  };
};

/** Of a kind that is not named here, a policy for one, the whole spec is kept. */
const PROJECTIONS: Readonly<Record<string, Partial<Projection>>> = {
  pods: { fields: pod, annotations: POD_ANNOTATIONS },
  namespaces: { fields: namespace },
  serviceaccounts: { fields: nothing },
  services: { fields: service },
  endpoints: { fields: endpoints },
  'endpointslices.discovery.k8s.io': { fields: endpointSlice },
  'customresourcedefinitions.apiextensions.k8s.io': { fields: nothing },
  configmaps: { fields: settings },
  'daemonsets.apps': { fields: daemonSet },
};

const BY_KIND = new Map(
  KINDS.map((kind): [Kind, Projection] => [
    kind,
    { annotations: NO_ANNOTATIONS, fields: wholeSpec, ...PROJECTIONS[resourceName(kind)] },
  ]),
);

/** The projection of a kind of the table. */
export function projectionOf(kind: Kind): Projection {
  return BY_KIND.get(kind) ?? { annotations: NO_ANNOTATIONS, fields: wholeSpec };
}
