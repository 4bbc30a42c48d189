import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectionSettingsError, tokenFrom, type Connection } from './connection.ts';
import { connectionFromKubeconfig, kubeconfigPath } from './kubeconfig.ts';

/** Where the kubelet puts a pod's service account. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The connection of a pod to its own cluster, by its service account. Throws `ConnectionSettingsError` outside one.
 *
 * @param folder holds `token`, `ca.crt` and `namespace`.
 */
export async function connectionInCluster(
  environment: Environment,
  folder: string = SERVICE_ACCOUNT_FOLDER,
): Promise<Connection> {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (!host) {
    throw new ConnectionSettingsError(
      'This is no pod: KUBERNETES_SERVICE_HOST is not set. Name a kubeconfig.',
    );
  }
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(join(folder, name), 'utf8');
    } catch (error) {
      throw new ConnectionSettingsError(
        `The pod's service account cannot be read: ${(error as Error).message}. Is automountServiceAccountToken off?`,
        { cause: error },
      );
    }
  };
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    ca: await read('ca.crt'),
    namespace: (await read('namespace').catch(() => 'default')).trim(),
    token: tokenFrom(() => read('token')),
  };
}

/**
 * The connection that fits where we run: the kubeconfig given, else the pod's own cluster, else kubectl's kubeconfig.
 */
export async function findConnection(
  environment: Environment,
  kubeconfig?: string,
  context?: string,
): Promise<Connection> {
  if (kubeconfig !== undefined) return connectionFromKubeconfig(kubeconfig, context);
  if (environment['KUBERNETES_SERVICE_HOST'] && !environment['KUBECONFIG']) {
    return connectionInCluster(environment);
  }
  return connectionFromKubeconfig(kubeconfigPath(environment), context);
}
