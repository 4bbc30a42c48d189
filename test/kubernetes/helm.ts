import { execFileSync } from 'node:child_process';
import { HELM, type ChartValues } from './chart-rendering.ts';
import { kubeconfig } from './cluster.ts';

/** Where helm is to work: in a namespace of the cluster of the tests. */
export const inNamespace = (namespace: string): readonly string[] => [
  '--kubeconfig',
  kubeconfig,
  '--namespace',
  namespace,
];

/** Helm in a namespace, which is given values where its arguments say so. It returns what helm prints, and throws with what it says where it fails. */
export const helmIn =
  (namespace: string, environment: Readonly<Record<string, string>> = {}) =>
  (args: readonly string[], values?: ChartValues): string =>
    execFileSync(HELM, [...args, ...inNamespace(namespace)], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, ...environment },
      ...(values !== undefined && { input: JSON.stringify(values) }),
    });
