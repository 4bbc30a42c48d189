import { at, fields, kindOfObject, list, resourceName, text } from '@margay/ground';
import type { FlowEnd } from '@margay/flows';
import type { Version } from '@margay/history';

/** What kind of object is named. */
export interface NamedKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of kinds whose history is kept. */
  readonly kept?: { readonly group: string; readonly resource: string };
}

/** That something names an object. */
export interface Mention {
  readonly of: NamedKind;
  /** Empty for objects of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
}

const namedKind = (apiVersion: string, kind: string): NamedKind => {
  const { group, resource, kept = 'nothing' } = kindOfObject({ apiVersion, kind }) ?? {};
  return group === undefined || resource === undefined || kept === 'nothing'
    ? { apiVersion, kind }
    : { apiVersion, kind, kept: { group, resource } };
};

const POD = namedKind('v1', 'Pod');
const NAMESPACE = namedKind('v1', 'Namespace');
const NODE = namedKind('v1', 'Node');
const SERVICE = namedKind('v1', 'Service');
const SERVICE_ACCOUNT = namedKind('v1', 'ServiceAccount');
const TIER = namedKind('projectcalico.org/v3', 'Tier');
const HOST_ENDPOINT = namedKind('projectcalico.org/v3', 'HostEndpoint');
const NETWORK_SET = namedKind('projectcalico.org/v3', 'NetworkSet');
const GLOBAL_NETWORK_SET = namedKind('projectcalico.org/v3', 'GlobalNetworkSet');

type Content = Version['content'];

const named = (of: NamedKind, namespace: string, name: unknown): Mention[] =>
  typeof name === 'string' && name !== '' ? [{ of, namespace, name }] : [];

const ownersOf = ({ metadata: { namespace = '', ownerReferences } }: Content): Mention[] =>
  list(ownerReferences).flatMap((owner) => {
    const { apiVersion, kind, name } = fields(owner);
    // A node owns the pods that it runs by itself.
    if (kind === NODE.kind && apiVersion === NODE.apiVersion) return named(NODE, '', name);
    return named(namedKind(text(apiVersion), text(kind)), namespace, name);
  });

const targetsIn = (endpoints: unknown, own: string): Mention[] =>
  list(endpoints).flatMap((endpoint) => {
    const { kind, namespace, name } = fields(at(endpoint, 'targetRef'));
    return kind === POD.kind ? named(POD, text(namespace) || own, name) : [];
  });

const tierOf = ({ spec }: Content): Mention[] => named(TIER, '', fields(spec)['tier']);

/** Where objects of a kind name others. A new place is one line. */
const PLACES: Readonly<Record<string, (content: Content) => Mention[]>> = {
  pods: (content) => {
    const { serviceAccountName, nodeName } = fields(content['spec']);
    const { namespace = '' } = content.metadata;
    return [
      ...ownersOf(content),
      ...named(SERVICE_ACCOUNT, namespace, serviceAccountName),
      ...named(NODE, '', nodeName),
    ];
  },
  'endpointslices.discovery.k8s.io': ({ endpoints, metadata: { namespace = '', labels } }) => [
    ...targetsIn(endpoints, namespace),
    ...named(SERVICE, namespace, labels?.['kubernetes.io/service-name']),
  ],
  endpoints: ({ subsets, metadata: { namespace = '' } }) =>
    list(subsets).flatMap((subset) => [
      ...targetsIn(at(subset, 'addresses'), namespace),
      ...targetsIn(at(subset, 'notReadyAddresses'), namespace),
    ]),
  'hostendpoints.projectcalico.org': ({ spec }) => named(NODE, '', fields(spec)['node']),
  'networkpolicies.projectcalico.org': tierOf,
  'globalnetworkpolicies.projectcalico.org': tierOf,
  'stagednetworkpolicies.projectcalico.org': tierOf,
  'stagedglobalnetworkpolicies.projectcalico.org': tierOf,
};

/** The objects that an object names, as it was in a version; what is in a namespace names that. */
export function mentionsIn(version: Version): readonly Mention[] {
  const { namespace, content } = version;
  const mentions = PLACES[resourceName(version)]?.(content) ?? [];
  return namespace === '' ? mentions : [...mentions, { of: NAMESPACE, namespace: '', name: namespace }];
}

/** The object that the end of a flow is; undefined for what is outside the cluster. */
export function mentionOf({ type, namespace, name }: FlowEnd): Mention | undefined {
  switch (type) {
    case 'pod':
      return { of: POD, namespace, name };
    case 'hostEndpoint':
      return { of: HOST_ENDPOINT, namespace: '', name };
    case 'networkSet':
      return { of: namespace === '' ? GLOBAL_NETWORK_SET : NETWORK_SET, namespace, name };
    case 'network':
      return undefined;
  }
}
