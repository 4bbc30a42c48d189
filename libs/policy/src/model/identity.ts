import { fields, text } from '@margay/ground';
import type { Key, ResourceObject } from './resource.ts';

const CALICO = 'projectcalico.org';
const CALICO_STORAGE = 'crd.projectcalico.org';

/** Where Calico's API server keeps an object's real metadata when it stores it as a custom resource. */
const STORED_METADATA = 'projectcalico.org/metadata';

/** The kinds that this library knows, as `group/Kind`, with their plural. */
const RESOURCES: ReadonlyMap<string, string> = new Map([
  ['/Pod', 'pods'],
  ['/Namespace', 'namespaces'],
  ['/ServiceAccount', 'serviceaccounts'],
  [`${CALICO}/NetworkPolicy`, 'networkpolicies'],
  [`${CALICO}/GlobalNetworkPolicy`, 'globalnetworkpolicies'],
  [`${CALICO}/StagedNetworkPolicy`, 'stagednetworkpolicies'],
  [`${CALICO}/StagedGlobalNetworkPolicy`, 'stagedglobalnetworkpolicies'],
  [`${CALICO}/StagedKubernetesNetworkPolicy`, 'stagedkubernetesnetworkpolicies'],
  [`${CALICO}/NetworkSet`, 'networksets'],
  [`${CALICO}/GlobalNetworkSet`, 'globalnetworksets'],
  [`${CALICO}/HostEndpoint`, 'hostendpoints'],
  [`${CALICO}/Profile`, 'profiles'],
  [`${CALICO}/Tier`, 'tiers'],
  ['networking.k8s.io/NetworkPolicy', 'networkpolicies'],
  ['policy.networking.k8s.io/AdminNetworkPolicy', 'adminnetworkpolicies'],
  ['policy.networking.k8s.io/BaselineAdminNetworkPolicy', 'baselineadminnetworkpolicies'],
  ['policy.networking.k8s.io/ClusterNetworkPolicy', 'clusternetworkpolicies'],
]);

const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'namespaces',
  'globalnetworkpolicies',
  'stagedglobalnetworkpolicies',
  'globalnetworksets',
  'hostendpoints',
  'profiles',
  'tiers',
  'adminnetworkpolicies',
  'baselineadminnetworkpolicies',
  'clusternetworkpolicies',
]);

/** The API group of an apiVersion, Calico's storage group folded into its API group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return foldGroup(slash < 0 ? '' : apiVersion.slice(0, slash));
}

/** Calico's storage group is the same objects as its API group. */
export function foldGroup(group: string): string {
  return group === CALICO_STORAGE ? CALICO : group;
}

/** Whether an object is in Calico's storage form, `crd.projectcalico.org/v1`. */
export function isStorageForm(resource: ResourceObject): boolean {
  return resource.apiVersion.startsWith(`${CALICO_STORAGE}/`);
}

/** The API version that users know an object by: `projectcalico.org/v3` for the storage form too. */
export function publicApiVersion(apiVersion: string): string {
  return apiVersion.startsWith(`${CALICO_STORAGE}/`) ? `${CALICO}/v3` : apiVersion;
}

/**
 * An object with the name, labels and annotations that Calico's API would show.
 *
 * The storage form keeps them as JSON in an annotation. Without it the object's own metadata counts, and a
 * leading `default.` is cut from the name of a policy in the default tier.
 */
export function asServed(resource: ResourceObject): ResourceObject {
  if (!isStorageForm(resource)) return resource;
  const stored = storedMetadata(resource);
  const name =
    stored === undefined ? nameWithoutTier(resource) : text(stored['name']) || resource.metadata.name;
  const labels = stored?.['labels'] ?? resource.metadata.labels;
  const annotations = stored?.['annotations'] ?? resource.metadata.annotations;
  return {
    ...resource,
    apiVersion: publicApiVersion(resource.apiVersion),
    metadata: {
      ...resource.metadata,
      name,
      labels: fields(labels) as Record<string, string>,
      annotations: fields(annotations) as Record<string, string>,
    },
  };
}

function storedMetadata(resource: ResourceObject): Readonly<Record<string, unknown>> | undefined {
  const json = fields(resource.metadata.annotations)[STORED_METADATA];
  if (typeof json !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? fields(value) : undefined;
  } catch {
    // A damaged annotation says nothing; the object's own metadata is the next best.
    return undefined;
  }
}

function nameWithoutTier(resource: ResourceObject): string {
  const { name } = resource.metadata;
  if (!resource.kind.endsWith('NetworkPolicy') || !name.startsWith('default.')) return name;
  const tier = text(fields(resource['spec'])['tier']);
  return tier === '' || tier === 'default' ? name.slice('default.'.length) : name;
}

/** The key of an object as served, or undefined for a kind that this library does not know. */
export function keyOf(resource: ResourceObject): Key | undefined {
  const group = groupOf(resource.apiVersion);
  const plural = RESOURCES.get(`${group}/${resource.kind}`);
  if (plural === undefined) return undefined;
  const { name } = resource.metadata;
  const namespace = CLUSTER_SCOPED.has(plural) ? '' : text(resource.metadata.namespace);
  return { group, resource: plural, namespace, name };
}
