import { nonEmptyText, text } from './fields.ts';
import type { Key } from './key.ts';
import { groupOf, type KubernetesObject } from './object.ts';
import { isNamedAsPlugin, settingsOf } from './plugins.ts';
import { CALICO_GROUP, servedGroup, STORAGE_GROUP } from './storage-form.ts';

/**
 * What part a kind plays: endpoints are what policies select, parents hand labels down to them, sets are selected by
 * rules, tiers order policies, services hold endpoints, and with a definition all objects of its kind end. Settings say which network
 * plugin there is and how it is set up: no row rests on them.
 */
export type Role =
  'endpoint' | 'parent' | 'policy' | 'networkSet' | 'tier' | 'service' | 'definition' | 'settings';

/**
 * In which form a policy says what it selects and allows; each has its reader. One of a `foreign` form restricts traffic in ways
 * that are not understood: that it exists is known, and not what it does.
 */
export type PolicyForm = 'calico' | 'kubernetes' | 'clusterWide' | 'foreign';

/** One kind of objects. */
export interface Kind {
  /** Empty for the core group; Calico's storage group is folded into `projectcalico.org`. */
  readonly group: string;
  /** API versions whose shape is known, the one that stands for all of them first. */
  readonly versions: readonly string[];
  /** API versions of other groups under which the same objects were served once, in the same shape. */
  readonly formerVersions: readonly string[];
  /** Lower-case plural, as in URLs. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly role: Role;
  /** Of policies only. */
  readonly form?: PolicyForm;
  /**
   * What the audit trail keeps of attempts to write its objects: the events, without bookkeeping; of their bodies no more than
   * name, labels and owners, where these are written often and may hold what nobody should see, as pods do in their
   * environment; or nothing, where controllers write them all the time and people never do.
   */
  readonly trail: 'whole' | 'metadata' | 'nothing';
  /** What the history keeps of its objects: what reports read, no more than when they end, or nothing. */
  readonly kept: 'content' | 'end' | 'nothing';
  /** The fields of its versions differ, so that an object stays in its own. */
  readonly versionsDiffer: boolean;
  /** Calico may keep its objects in another form, as `crd.projectcalico.org/v1`. */
  readonly hasStorageForm: boolean;
  /** What its objects can have as apiVersion, their shape being known. */
  readonly apiVersions: ReadonlySet<string>;
}

type Row = Omit<Kind, 'apiVersions'>;

const PLAIN = {
  trail: 'whole',
  formerVersions: [],
  kept: 'content',
  versionsDiffer: false,
  hasStorageForm: false,
} as const;

const inCore = (resource: string, kind: string, namespaced: boolean, role: Role): Row => ({
  ...PLAIN,
  group: '',
  versions: ['v1'],
  resource,
  kind,
  namespaced,
  role,
});

const inCalico = (resource: string, kind: string, namespaced: boolean, role: Role): Row => ({
  ...inCore(resource, kind, namespaced, role),
  group: CALICO_GROUP,
  versions: ['v3'],
  hasStorageForm: true,
});

const policy = (row: Row, form: PolicyForm): Row => ({ ...row, role: 'policy', form });

const calicoPolicy = (resource: string, kind: string, namespaced: boolean, form: PolicyForm = 'calico') =>
  policy(inCalico(resource, kind, namespaced, 'policy'), form);

const clusterWidePolicy = (resource: string, kind: string): Row => ({
  ...policy(inCore(resource, kind, false, 'policy'), 'clusterWide'),
  group: 'policy.networking.k8s.io',
  versions: ['v1alpha1', 'v1alpha2', 'v1beta1', 'v1'],
  versionsDiffer: true,
});

const foreignPolicy = (
  group: string,
  versions: readonly string[],
  resource: string,
  kind: string,
  namespaced = true,
): Row => ({
  ...policy(inCore(resource, kind, namespaced, 'policy'), 'foreign'),
  group,
  versions,
  versionsDiffer: true,
});

const withTrail = (trail: Kind['trail'], row: Row): Row => ({ ...row, trail });

const ROWS: readonly Row[] = [
  withTrail('metadata', inCore('pods', 'Pod', true, 'endpoint')),
  inCalico('hostendpoints', 'HostEndpoint', false, 'endpoint'),
  inCore('namespaces', 'Namespace', false, 'parent'),
  withTrail('metadata', inCore('serviceaccounts', 'ServiceAccount', true, 'parent')),
  // The profiles of namespaces and service accounts are made from these; others are set up beside the API.
  { ...withTrail('nothing', inCalico('profiles', 'Profile', false, 'parent')), kept: 'nothing' },

  calicoPolicy('globalnetworkpolicies', 'GlobalNetworkPolicy', false),
  calicoPolicy('networkpolicies', 'NetworkPolicy', true),
  calicoPolicy('stagedglobalnetworkpolicies', 'StagedGlobalNetworkPolicy', false),
  calicoPolicy('stagednetworkpolicies', 'StagedNetworkPolicy', true),
  calicoPolicy('stagedkubernetesnetworkpolicies', 'StagedKubernetesNetworkPolicy', true, 'kubernetes'),
  {
    ...policy(inCore('networkpolicies', 'NetworkPolicy', true, 'policy'), 'kubernetes'),
    group: 'networking.k8s.io',
    formerVersions: ['extensions/v1beta1'],
  },
  clusterWidePolicy('adminnetworkpolicies', 'AdminNetworkPolicy'),
  clusterWidePolicy('baselineadminnetworkpolicies', 'BaselineAdminNetworkPolicy'),
  clusterWidePolicy('clusternetworkpolicies', 'ClusterNetworkPolicy'),

  foreignPolicy('cilium.io', ['v2'], 'ciliumnetworkpolicies', 'CiliumNetworkPolicy'),
  foreignPolicy(
    'cilium.io',
    ['v2'],
    'ciliumclusterwidenetworkpolicies',
    'CiliumClusterwideNetworkPolicy',
    false,
  ),
  foreignPolicy('crd.antrea.io', ['v1beta1', 'v1alpha1'], 'networkpolicies', 'NetworkPolicy'),
  foreignPolicy(
    'crd.antrea.io',
    ['v1beta1', 'v1alpha1'],
    'clusternetworkpolicies',
    'ClusterNetworkPolicy',
    false,
  ),
  foreignPolicy('k8s.ovn.org', ['v1'], 'egressfirewalls', 'EgressFirewall'),
  foreignPolicy('vpcresources.k8s.aws', ['v1beta1'], 'securitygrouppolicies', 'SecurityGroupPolicy'),
  foreignPolicy('networking.k8s.aws', ['v1alpha1'], 'applicationnetworkpolicies', 'ApplicationNetworkPolicy'),
  foreignPolicy('networking.k8s.aws', ['v1alpha1'], 'clusternetworkpolicies', 'ClusterNetworkPolicy', false),
  foreignPolicy('networking.gke.io', ['v1alpha1', 'v1alpha3'], 'fqdnnetworkpolicies', 'FQDNNetworkPolicy'),
  foreignPolicy('security.istio.io', ['v1', 'v1beta1'], 'authorizationpolicies', 'AuthorizationPolicy'),
  foreignPolicy('security.istio.io', ['v1', 'v1beta1'], 'peerauthentications', 'PeerAuthentication'),
  foreignPolicy('policy.linkerd.io', ['v1alpha1'], 'authorizationpolicies', 'AuthorizationPolicy'),
  foreignPolicy('policy.linkerd.io', ['v1beta1', 'v1alpha1'], 'serverauthorizations', 'ServerAuthorization'),
  foreignPolicy('policy.linkerd.io', ['v1beta3', 'v1beta2', 'v1beta1', 'v1alpha1'], 'servers', 'Server'),
  foreignPolicy('k8s.cni.cncf.io', ['v1beta2', 'v1beta1'], 'multi-networkpolicies', 'MultiNetworkPolicy'),

  inCalico('networksets', 'NetworkSet', true, 'networkSet'),
  inCalico('globalnetworksets', 'GlobalNetworkSet', false, 'networkSet'),
  inCalico('tiers', 'Tier', false, 'tier'),

  inCore('services', 'Service', true, 'service'),
  withTrail('nothing', inCore('endpoints', 'Endpoints', true, 'service')),
  {
    ...withTrail('nothing', inCore('endpointslices', 'EndpointSlice', true, 'service')),
    group: 'discovery.k8s.io',
    versions: ['v1', 'v1beta1'],
  },
  {
    ...withTrail(
      'metadata',
      inCore('customresourcedefinitions', 'CustomResourceDefinition', false, 'definition'),
    ),
    group: 'apiextensions.k8s.io',
    versions: ['v1', 'v1beta1'],
    kept: 'end',
  },
  // Only those of plugins and what these are set up by; of any other nothing is kept: see `keepsObject`.
  {
    ...withTrail('nothing', inCore('daemonsets', 'DaemonSet', true, 'settings')),
    group: 'apps',
  },
  withTrail('nothing', inCore('configmaps', 'ConfigMap', true, 'settings')),
];

/** Every kind that plays a part. A new one is one line above; a policy of a new form needs a reader beside it. */
export const KINDS: readonly Kind[] = ROWS.map((row) => ({
  ...row,
  apiVersions: new Set([
    ...row.versions.map((version) => (row.group === '' ? version : `${row.group}/${version}`)),
    ...row.formerVersions,
    ...(row.hasStorageForm ? [`${STORAGE_GROUP}/v1`] : []),
  ]),
}));

/** The kinds whose history is kept. */
export const KEPT_KINDS: readonly Kind[] = KINDS.filter(({ kept }) => kept !== 'nothing');

/** Those that rows of reports rest on: what is not known of them is not known of rows. */
export const DOUBTED_KINDS: readonly Kind[] = KEPT_KINDS.filter(({ role }) => role !== 'settings');

/** Whether an object of a kind whose history is kept is itself one that is kept: of settings few are. */
export function keepsObject(
  { role, resource }: Pick<Kind, 'role' | 'resource'>,
  namespace: string,
  name: string,
): boolean {
  if (role !== 'settings') return true;
  return resource === 'daemonsets' ? isNamedAsPlugin(name) : settingsOf(namespace, name) !== undefined;
}

/** The group of a kind, and those that it had once. */
const groupsOf = ({ group, formerVersions }: Kind) => [group, ...formerVersions.map(groupOf)];
const BY_RESOURCE = new Map(
  KINDS.flatMap((kind) => groupsOf(kind).map((group) => [`${group}/${kind.resource}`, kind] as const)),
);
const BY_KIND = new Map(
  KINDS.flatMap((kind) => groupsOf(kind).map((group) => [`${group}/${kind.kind}`, kind] as const)),
);

/**
 * The kind of a group and a resource, as a key, a URL or an objectRef names them, in Calico's storage group too;
 * undefined where it plays no part.
 */
export function kindOf({
  group,
  resource,
}: {
  readonly group?: unknown;
  readonly resource?: unknown;
}): Kind | undefined {
  return BY_RESOURCE.get(`${servedGroup(text(group))}/${text(resource)}`);
}

/** The kind of an object, in whichever version or form it is; undefined where it plays no part. */
export function kindOfObject({
  apiVersion,
  kind,
}: Pick<KubernetesObject, 'apiVersion' | 'kind'>): Kind | undefined {
  return BY_KIND.get(`${servedGroup(groupOf(apiVersion))}/${kind}`);
}

/** The kind that a custom resource definition of the name defines; undefined where it plays no part. */
export function kindOfDefinition(name: string): Kind | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : kindOf({ resource: name.slice(0, dot), group: name.slice(dot + 1) });
}

/** The key of an object as served; undefined for a kind that plays no part. */
export function keyOf(object: KubernetesObject): Key | undefined {
  const kind = kindOfObject(object);
  if (kind === undefined) return undefined;
  const { name, namespace } = object.metadata;
  return {
    group: kind.group,
    resource: kind.resource,
    namespace: kind.namespaced ? text(namespace) : '',
    name,
  };
}

/** Whether a key is that of a policy. */
export function isPolicy(key: Pick<Key, 'group' | 'resource'>): boolean {
  return kindOf(key)?.role === 'policy';
}

/** The apiVersion in which the objects of a kind are kept and shown. @param own the one that an object has itself. */
export function shownApiVersion({ group, versions, versionsDiffer }: Kind, own: unknown): string {
  const first = group === '' ? `${versions[0]}` : `${group}/${versions[0]}`;
  return versionsDiffer ? (nonEmptyText(own) ?? first) : first;
}

/** The resources of the kinds that play one of the parts, each once. */
export function resourcesOf(...roles: readonly Role[]): string[] {
  return [...new Set(KINDS.filter(({ role }) => roles.includes(role)).map(({ resource }) => resource))];
}

/** The resources whose writes the audit trail has, of any API group, each once. */
export const TRAIL_RESOURCES: readonly string[] = [
  ...new Set(KINDS.filter(({ trail }) => trail !== 'nothing').map(({ resource }) => resource)),
];

/** Those of them that a policy audit shows: what is understood of policies. */
export const AUDITED_RESOURCES: readonly string[] = [
  ...new Set(KINDS.filter(({ form = 'foreign' }) => form !== 'foreign').map(({ resource }) => resource)),
];
