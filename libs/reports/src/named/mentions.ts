import { fields, kindOfObject, list, text } from '@margay/ground';
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

/** Is told of each object that is named: there are very many, and nearly all were seen. */
export type OnMention = (of: NamedKind, namespace: string, name: string) => void;

const namedKind = (apiVersion: string, kind: string): NamedKind => {
  const { group, resource, role, kept = 'nothing' } = kindOfObject({ apiVersion, kind }) ?? {};
  const isKept = kept !== 'nothing' && role !== 'settings';
  return group === undefined || resource === undefined || !isKept
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

function name(tell: OnMention, of: NamedKind, namespace: string, named: unknown): void {
  if (typeof named === 'string' && named !== '') tell(of, namespace, named);
}

function nameOwners({ metadata: { namespace = '', ownerReferences } }: Content, tell: OnMention): void {
  for (const owner of list(ownerReferences)) {
    const { apiVersion, kind, name: named } = fields(owner);
    // A node owns the pods that it runs by itself.
    if (kind === NODE.kind && apiVersion === NODE.apiVersion) name(tell, NODE, '', named);
    else name(tell, namedKind(text(apiVersion), text(kind)), namespace, named);
  }
}

function nameTargets(endpoints: unknown, own: string, tell: OnMention): void {
  for (const endpoint of list(endpoints)) {
    const { kind, namespace, name: named } = fields(fields(endpoint)['targetRef']);
    if (kind === POD.kind) name(tell, POD, text(namespace) || own, named);
  }
}

const nameTier = ({ spec }: Content, tell: OnMention): void => name(tell, TIER, '', fields(spec)['tier']);

interface Place {
  readonly group: string;
  readonly names: (content: Content, tell: OnMention) => void;
}
const inCalico = (names: Place['names']): Place => ({ group: 'projectcalico.org', names });

/** Where objects of a kind name others, by resource. A new place is one line. */
const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  [
    'pods',
    {
      group: '',
      names: (content, tell) => {
        const { serviceAccountName, nodeName } = fields(content['spec']);
        nameOwners(content, tell);
        name(tell, SERVICE_ACCOUNT, content.metadata.namespace ?? '', serviceAccountName);
        name(tell, NODE, '', nodeName);
      },
    },
  ],
  [
    'endpointslices',
    {
      group: 'discovery.k8s.io',
      names: ({ endpoints, metadata: { namespace = '', labels } }, tell) => {
        nameTargets(endpoints, namespace, tell);
        name(tell, SERVICE, namespace, labels?.['kubernetes.io/service-name']);
      },
    },
  ],
  [
    'endpoints',
    {
      group: '',
      names: ({ subsets, metadata: { namespace = '' } }, tell) => {
        for (const subset of list(subsets)) {
          const { addresses, notReadyAddresses } = fields(subset);
          nameTargets(addresses, namespace, tell);
          nameTargets(notReadyAddresses, namespace, tell);
        }
      },
    },
  ],
  ['hostendpoints', inCalico(({ spec }, tell) => name(tell, NODE, '', fields(spec)['node']))],
  ['networkpolicies', inCalico(nameTier)],
  ['globalnetworkpolicies', inCalico(nameTier)],
  ['stagednetworkpolicies', inCalico(nameTier)],
  ['stagedglobalnetworkpolicies', inCalico(nameTier)],
]);

/** Tells the objects that an object names, as it was in a version; what is in a namespace names that. */
export function tellMentions({ group, resource, namespace, content }: Version, tell: OnMention): void {
  const place = PLACES.get(resource);
  if (place !== undefined && place.group === group) place.names(content, tell);
  if (namespace !== '') tell(NAMESPACE, '', namespace);
}

/** The object that the end of a flow is; undefined for what is outside the cluster. */
export function mentionOf({ type, namespace, name: named }: FlowEnd): Mention | undefined {
  switch (type) {
    case 'pod':
      return { of: POD, namespace, name: named };
    case 'hostEndpoint':
      return { of: HOST_ENDPOINT, namespace: '', name: named };
    case 'networkSet':
      return { of: namespace === '' ? GLOBAL_NETWORK_SET : NETWORK_SET, namespace, name: named };
    case 'network':
      return undefined;
  }
}
