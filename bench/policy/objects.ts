import type { KubernetesObject } from '@margay/ground';

type Labels = Record<string, string>;

export function pod(
  namespace: string,
  name: string,
  labels: Labels,
  serviceAccountName = 'default',
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { nodeName: 'node-1', serviceAccountName },
    status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] },
  };
}

export function namespace(name: string, labels: Labels): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function serviceAccount(inNamespace: string, name: string, labels: Labels): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: inNamespace, name, labels } };
}

export function policy(name: string, spec: object, inNamespace?: string): KubernetesObject {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: inNamespace === undefined ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
    metadata: { name, ...(inNamespace !== undefined && { namespace: inNamespace }) },
    spec,
  };
}

export function kubernetesPolicy(inNamespace: string, name: string, spec: object): KubernetesObject {
  const metadata = { namespace: inNamespace, name };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec };
}

export function networkSet(name: string, labels: Labels, nets: string[]): KubernetesObject {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkSet',
    metadata: { name, labels },
    spec: { nets },
  };
}

/**
 * A cluster with its controls: namespaces of 250 pods each, in ReplicaSets of five, six labels a pod; mixed policies,
 * three in four of a namespace.
 */
export function* cluster(pods: number, policies: number): Iterable<KubernetesObject> {
  const spaces = Math.ceil(pods / 250);
  for (let n = 0; n < spaces; n++) {
    yield namespace(`ns-${n}`, {
      team: `team-${n % 40}`,
      env: n % 3 === 0 ? 'prod' : 'dev',
      'kubernetes.io/metadata.name': `ns-${n}`,
    });
    for (let a = 0; a < 5; a++) yield serviceAccount(`ns-${n}`, `sa-${a}`, { role: `role-${a}` });
  }
  for (let i = 0; i < 100; i++)
    yield networkSet(`set-${i}`, { zone: `z-${i % 10}` }, [i % 2 ? '10.0.0.0/8' : '8.8.0.0/16']);
  for (let i = 0; i < pods; i++) {
    const n = i % spaces;
    const app = Math.floor(i / spaces / 5);
    yield pod(
      `ns-${n}`,
      `app-${app}-${i}`,
      {
        app: `app-${app}`,
        tier: ['web', 'db', 'job'][app % 3] ?? 'web',
        version: `v${app % 7}`,
        'pod-template-hash': `${n}-${app}`,
        'app.kubernetes.io/name': `app-${app}`,
        'app.kubernetes.io/managed-by': 'helm',
      },
      `sa-${app % 5}`,
    );
  }
  for (let i = 0; i < policies; i++) yield mixedPolicy(i, spaces);
}

function mixedPolicy(i: number, spaces: number): KubernetesObject {
  const space = `ns-${i % spaces}`;
  const app = `app-${i % 50}`;
  switch (i % 8) {
    case 0:
    case 1:
    case 2:
      return kubernetesPolicy(space, `k8s-${i}`, {
        podSelector: { matchLabels: { app } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: { env: 'prod' } } }] }],
        egress: [{ to: [{ ipBlock: { cidr: i % 16 ? '10.0.0.0/8' : '0.0.0.0/0' } }] }],
      });
    case 3:
      return kubernetesPolicy(space, `deny-${i}`, { podSelector: {}, policyTypes: ['Ingress'] });
    case 4:
    case 5:
      return policy(
        `calico-${i}`,
        {
          selector: `tier == 'web' && version in {'v1', 'v2'}`,
          types: ['Ingress', 'Egress'],
          egress: [
            {
              action: 'Allow',
              destination: { selector: `zone == 'z-${i % 10}'`, namespaceSelector: 'global()' },
            },
          ],
        },
        space,
      );
    case 6:
      return policy(`team-${i}`, {
        namespaceSelector: `team == 'team-${i % 40}' && env == 'prod'`,
        selector: `app == '${app}'`,
        types: ['Ingress'],
        ingress: [{ action: 'Allow', source: { nets: ['192.168.0.0/16'] } }],
      });
    default:
      return policy(`global-${i}`, {
        selector: `app == 'app-${i % 50}' && tier != 'job' && has(marker-${i % 29})`,
        types: ['Egress'],
        egress: [{ action: 'Allow', destination: { nets: ['0.0.0.0/0'] } }],
      });
  }
}
