import { fields, type KubernetesObject, list, text, textsByName } from '@margay/ground';

/** What policy selection needs to know of an item that has labels. */
export interface LabelledItem {
  /** Its own labels, forced ones included. */
  readonly own: ReadonlyMap<string, string>;
  /** Where it inherits labels from, the first wins: `kns.<namespace>`, `ksa.<namespace>.<account>`, profile names. */
  readonly parents: readonly string[];
  /** Empty for items of the whole cluster. */
  readonly namespace: string;
  /** Empty where there is none. */
  readonly serviceAccount: string;
  /** It may have more labels of its own than `own` says; and where there is no service account, it may have one. */
  readonly partlyKnown?: true;
}

/** Labels that say where an item is; users cannot set them. */
export const NAMESPACE_LABEL = 'projectcalico.org/namespace';
export const ORCHESTRATOR_LABEL = 'projectcalico.org/orchestrator';
export const SERVICE_ACCOUNT_LABEL = 'projectcalico.org/serviceaccount';

/** In front of labels inherited from the namespace, and from the service account. */
export const NAMESPACE_PREFIX = 'pcns.';
export const SERVICE_ACCOUNT_PREFIX = 'pcsa.';

/** The names of the parents that stand for a namespace and for a service account. */
export const namespaceParent = (namespace: string): string => `kns.${namespace}`;
export const serviceAccountParent = (namespace: string, name: string): string => `ksa.${namespace}.${name}`;

const ADDRESS_ANNOTATIONS = [
  'cni.projectcalico.org/podIPs',
  'cni.projectcalico.org/podIP',
  'vpc.amazonaws.com/pod-ips',
];
/** Emptied by the network plugin when it releases the addresses of a pod that is being deleted. */
const RELEASE_ANNOTATIONS = ['cni.projectcalico.org/podIP', 'vpc.amazonaws.com/pod-ips'];
const FINISHED: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Completed']);

/**
 * Whether a pod is an endpoint: scheduled, with an address, in a network of its own, and not finished.
 *
 * A pod that is being deleted stays one until its addresses are released. Source: Calico's pod conversion.
 */
export function isEndpoint(pod: KubernetesObject): boolean {
  const spec = fields(pod['spec']);
  const status = fields(pod['status']);
  if (spec['hostNetwork'] === true || text(spec['nodeName']) === '') return false;
  if (FINISHED.has(text(status['phase']))) return false;
  const annotations = textsByName(pod.metadata.annotations);
  const deleting = text(pod.metadata.deletionTimestamp) !== '';
  if (deleting && RELEASE_ANNOTATIONS.some((name) => annotations.get(name) === '')) return false;
  return (
    list(status['podIPs']).length > 0 ||
    text(status['podIP']) !== '' ||
    ADDRESS_ANNOTATIONS.some((name) => (annotations.get(name) ?? '') !== '')
  );
}

/** A pod's labels and parents. Labels that look inherited are dropped, and those that say where it is are set. */
export function podItem(pod: KubernetesObject): LabelledItem {
  const namespace = text(pod.metadata.namespace);
  const serviceAccount = text(fields(pod['spec'])['serviceAccountName']);
  const own = textsByName(pod.metadata.labels);
  for (const name of own.keys()) {
    if (name.startsWith(NAMESPACE_PREFIX) || name.startsWith(SERVICE_ACCOUNT_PREFIX)) own.delete(name);
  }
  own.set(NAMESPACE_LABEL, namespace);
  own.set(ORCHESTRATOR_LABEL, 'k8s');
  const parents = [namespaceParent(namespace)];
  if (serviceAccount !== '') {
    own.set(SERVICE_ACCOUNT_LABEL, serviceAccount);
    parents.push(serviceAccountParent(namespace, serviceAccount));
  }
  return { own, parents, namespace, serviceAccount };
}

/** A host endpoint's labels, as they are, and its profiles. */
export function hostEndpointItem(hostEndpoint: KubernetesObject): LabelledItem {
  const profiles = list(fields(hostEndpoint['spec'])['profiles']);
  return {
    own: textsByName(hostEndpoint.metadata.labels),
    parents: profiles.filter((profile) => typeof profile === 'string'),
    namespace: '',
    serviceAccount: '',
  };
}

/** What selects an endpoint's policies, or undefined for a pod that is no endpoint now. */
export function endpointItem(object: KubernetesObject): LabelledItem | undefined {
  if (object.kind === 'HostEndpoint') return hostEndpointItem(object);
  return isEndpoint(object) ? podItem(object) : undefined;
}

/**
 * What is known of an endpoint, or of what may be one, whose content is not known: an object that changed since it was
 * last seen, or another one of its name. Undefined for a pod that cannot be an endpoint any more.
 *
 * @param object as it was last seen; its name alone where it never was.
 * @param isSame whether it is still the object that was seen, so that what no pod can change is as it was.
 */
export function partlyKnownItem(object: KubernetesObject, isSame: boolean): LabelledItem | undefined {
  const partly = { partlyKnown: true, serviceAccount: '' } as const;
  if (object.kind === 'HostEndpoint') return { own: new Map(), parents: [], namespace: '', ...partly };
  const spec = fields(object['spec']);
  if (isSame && (spec['hostNetwork'] === true || FINISHED.has(text(fields(object['status'])['phase']))))
    return undefined;
  const namespace = text(object.metadata.namespace);
  const own = new Map([
    [NAMESPACE_LABEL, namespace],
    [ORCHESTRATOR_LABEL, 'k8s'],
  ]);
  const parents = [namespaceParent(namespace)];
  const serviceAccount = isSame ? text(spec['serviceAccountName']) : '';
  if (serviceAccount !== '') {
    own.set(SERVICE_ACCOUNT_LABEL, serviceAccount);
    parents.push(serviceAccountParent(namespace, serviceAccount));
  }
  return { own, parents, namespace, ...partly, serviceAccount };
}

/** A network set's labels; one of a namespace has the namespace forced and inherits its labels. */
export function networkSetItem(set: KubernetesObject, namespace: string): LabelledItem {
  const own = textsByName(set.metadata.labels);
  if (namespace !== '') own.set(NAMESPACE_LABEL, namespace);
  return {
    own,
    parents: namespace === '' ? [] : [namespaceParent(namespace)],
    namespace,
    serviceAccount: '',
  };
}

/** The labels that a namespace, a service account or a profile hands down. */
export function inheritedLabels(resource: KubernetesObject): Map<string, string> {
  if (resource.kind === 'Profile') return textsByName(fields(resource['spec'])['labelsToApply']);
  const prefix = resource.kind === 'Namespace' ? NAMESPACE_PREFIX : SERVICE_ACCOUNT_PREFIX;
  const labels = new Map<string, string>();
  for (const [name, value] of textsByName(resource.metadata.labels)) labels.set(prefix + name, value);
  labels.set(`${prefix}projectcalico.org/name`, resource.metadata.name);
  return labels;
}
