import { readFileSync } from 'node:fs';
import { neededRules, readKubeconfig, type Connection } from '@margay/kubernetes';
import { load } from 'js-yaml';
import { kubectlOf } from './cluster.ts';

/** The way in for a service account that may do what the ingestor needs, and write canaries in its namespace. */
export function canaryAccount(kubeconfig: string, namespace: string): Connection {
  const { cluster, canary } = neededRules('ingestor');
  const subjects = [{ kind: 'ServiceAccount', name: 'margay', namespace }];
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const refer = (kind: string) => ({
    apiGroup: 'rbac.authorization.k8s.io',
    kind,
    name: 'margay-canary-test',
  });
  const metadata = { name: 'margay-canary-test', namespace };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'margay', namespace } },
    { apiVersion, kind: 'ClusterRole', metadata, rules: cluster },
    { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef: refer('ClusterRole'), subjects },
    { apiVersion, kind: 'Role', metadata, rules: canary },
    { apiVersion, kind: 'RoleBinding', metadata, roleRef: refer('Role'), subjects },
  ];
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  kubectlOf(kubeconfig, ['apply', '-f', '-'], { input: list });
  const token = kubectlOf(kubeconfig, ['create', 'token', 'margay', '--namespace', namespace]).trim();
  const whole = load(readFileSync(kubeconfig, 'utf8')) as { contexts: { context: { cluster: string } }[] };
  const context = { cluster: whole.contexts[0]!.context.cluster, user: 'margay', namespace };
  const own = {
    ...whole,
    users: [{ name: 'margay', user: { token } }],
    contexts: [{ name: 'margay', context }],
    'current-context': 'margay',
  };
  return readKubeconfig(JSON.stringify(own), kubeconfig);
}
