import type { KubernetesObject } from '@margay/ground';

type Labels = Record<string, string>;
type Spec = Record<string, unknown>;

const V3 = 'projectcalico.org/v3';
const object = (
  apiVersion: string,
  kind: string,
  name: string,
  rest: object,
  labels: Labels = {},
): KubernetesObject => {
  const [namespace, own] = name.includes('/') ? (name.split('/') as [string, string]) : [undefined, name];
  return { apiVersion, kind, metadata: { name: own, ...(namespace && { namespace }), labels }, ...rest };
};

/** A running pod with an address, `namespace/name`. */
export const pod = (
  name: string,
  labels: Labels = {},
  serviceAccountName = 'default',
  more: Spec = {},
): KubernetesObject =>
  object(
    'v1',
    'Pod',
    name,
    {
      spec: { nodeName: 'node-1', serviceAccountName, ...more },
      status: { phase: 'Running', podIP: '10.1.0.1' },
    },
    labels,
  );
export const namespace = (name: string, labels: Labels = {}) => object('v1', 'Namespace', name, {}, labels);
export const serviceAccount = (name: string, labels: Labels = {}) =>
  object('v1', 'ServiceAccount', name, {}, labels);
export const hostEndpoint = (name: string, labels: Labels = {}, profiles: string[] = []) =>
  object(V3, 'HostEndpoint', name, { spec: { node: 'node-1', interfaceName: 'eth0', profiles } }, labels);
export const networkSet = (name: string, labels: Labels, nets: string[], more: Spec = {}) =>
  object(
    V3,
    name.includes('/') ? 'NetworkSet' : 'GlobalNetworkSet',
    name,
    { spec: { nets, ...more } },
    labels,
  );
export const networkPolicy = (name: string, spec: Spec = {}) => object(V3, 'NetworkPolicy', name, { spec });
export const globalPolicy = (name: string, spec: Spec = {}) =>
  object(V3, 'GlobalNetworkPolicy', name, { spec });
export const staged = (policy: KubernetesObject): KubernetesObject => ({
  ...policy,
  kind: `Staged${policy.kind}`,
});
export const kubernetesPolicy = (name: string, spec: Spec = {}) =>
  object('networking.k8s.io/v1', 'NetworkPolicy', name, { spec });
export const clusterPolicy = (kind: string, name: string, spec: Spec = {}) =>
  object('policy.networking.k8s.io/v1alpha1', kind, name, { spec });
export const tier = (name: string, order?: number, defaultAction?: 'Pass' | 'Deny') =>
  object(V3, 'Tier', name, { spec: { order, defaultAction } });
export const profile = (name: string, labelsToApply: Labels) =>
  object(V3, 'Profile', name, { spec: { labelsToApply } });
