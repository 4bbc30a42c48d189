import { HOUR, type KubernetesObject } from '@margay/ground';
import type { Version } from '@margay/history';

/** Pods of one namespace. */
export const PODS_PER_NAMESPACE = 100;
const PODS_PER_APP = 10;
const START = 1_760_000_000_000_000;

/** A cluster that lives through a window. */
export interface BenchCluster {
  readonly versions: readonly Version[];
  readonly window: { readonly start: number; readonly end: number };
}

/**
 * A cluster of so many pods, ten to a Deployment with a service and an EndpointSlice, a hundred to a namespace with five policies;
 * and so many changes in a day. Of ten changes six replace a pod (itself and its slice), two relabel one, one edits a policy of
 * a namespace, one relabels a namespace.
 */
export function benchCluster(pods: number, changes: number): BenchCluster {
  const window = { start: START, end: START + 24 * HOUR };
  const versions: Version[] = [];
  const current = new Map<string, Version>();
  const put = (at: number, resource: string, content: KubernetesObject, uid = resource): void => {
    const { namespace = '', name } = content.metadata;
    const group = content.apiVersion.includes('/') ? (content.apiVersion.split('/')[0] ?? '') : '';
    const key = `${resource}/${namespace}/${name}`;
    const before = current.get(key);
    if (before !== undefined) versions.push({ ...before, validTo: at });
    current.set(key, { group, resource, namespace, name, uid, resourceVersion: '1', validFrom: at, content });
  };
  const births = new Map<number, number>();
  const uid = (i: number): string => `pod-${i}-${births.get(i) ?? 0}`;
  const slice = (at: number, app: number): void => {
    const members = Array.from({ length: PODS_PER_APP }, (_, k) => app * PODS_PER_APP + k);
    put(at, 'endpointslices', endpointSlice(app, members, uid));
  };

  const namespaces = Math.max(1, Math.floor(pods / PODS_PER_NAMESPACE));
  for (let n = 0; n < namespaces; n++) {
    put(START - 1, 'namespaces', namespace(n, 'dev'));
    for (let p = 0; p < 5; p++) put(START - 1, 'networkpolicies', policy(n, p, 0));
  }
  for (let g = 0; g < 5; g++) put(START - 1, 'globalnetworkpolicies', globalPolicy(g));
  for (let i = 0; i < pods; i++) put(START - 1, 'pods', pod(i, 'v1'), uid(i));
  for (let app = 0; app < pods / PODS_PER_APP; app++) {
    put(START - 1, 'services', service(app));
    slice(START - 1, app);
  }

  for (let c = 0, step = 0; c < changes; step++) {
    const at = START + 1 + Math.floor((c / changes) * 23 * HOUR);
    // Spread over the cluster, the same in every run.
    const i = (step * 7919) % pods;
    const n = (step * 31) % namespaces;
    switch (step % 7) {
      case 0:
      case 1:
      case 2:
        births.set(i, (births.get(i) ?? 0) + 1);
        put(at, 'pods', pod(i, 'v1'), uid(i));
        slice(at, Math.floor(i / PODS_PER_APP));
        c += 2;
        break;
      case 3:
      case 4:
        put(at, 'pods', pod(i, `v${step}`), uid(i));
        c++;
        break;
      case 5:
        put(at, 'networkpolicies', policy(n, step % 5, step));
        c++;
        break;
      default:
        put(at, 'namespaces', namespace(n, step % 2 === 0 ? 'dev' : 'prod'));
        c++;
    }
  }
  return { versions: [...versions, ...current.values()], window };
}

const space = (i: number): string => `ns-${Math.floor(i / PODS_PER_NAMESPACE)}`;
const appOf = (i: number): string => `app-${Math.floor(i / PODS_PER_APP)}`;

function pod(i: number, version: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${appOf(i)}-54c9f7f49f-${i}`,
      namespace: space(i),
      generateName: `${appOf(i)}-54c9f7f49f-`,
      labels: { app: appOf(i), version, tier: i % 3 === 0 ? 'front' : 'back' },
    },
    spec: { nodeName: `node-${i % 100}`, serviceAccountName: 'default', containers: [{ name: 'main' }] },
    status: { phase: 'Running', podIP: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}` },
  };
}

function namespace(n: number, env: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `ns-${n}`, labels: { env } } };
}

function policy(n: number, p: number, revision: number): KubernetesObject {
  const selector = p === 0 ? 'all()' : `app == 'app-${n * (PODS_PER_NAMESPACE / PODS_PER_APP) + p}'`;
  const peer = { selector: `tier == 'front' || revision == '${revision % 10}'` };
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    metadata: { name: `p-${p}`, namespace: `ns-${n}` },
    spec: { selector, types: ['Ingress'], order: revision, ingress: [{ action: 'Allow', source: peer }] },
  };
}

function globalPolicy(g: number): KubernetesObject {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name: `g-${g}` },
    spec: {
      tier: 'security',
      selector: `tier == '${g % 2 === 0 ? 'front' : 'back'}'`,
      namespaceSelector: "env == 'prod'",
      types: ['Egress'],
      egress: [{ action: 'Allow', destination: { nets: ['10.0.0.0/8'] } }],
    },
  };
}

function service(app: number): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `app-${app}`, namespace: space(app * PODS_PER_APP) },
    spec: { selector: { app: `app-${app}` } },
  };
}

function endpointSlice(
  app: number,
  members: readonly number[],
  uid: (i: number) => string,
): KubernetesObject {
  const endpoints = members.map((i) => {
    const { metadata } = pod(i, '');
    const targetRef = { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid: uid(i) };
    return { addresses: [`10.0.0.${i & 255}`], conditions: { ready: true }, targetRef };
  });
  const labels = { 'kubernetes.io/service-name': `app-${app}` };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `app-${app}-s`, namespace: space(app * PODS_PER_APP), labels },
    endpoints,
  };
}
