import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectionSettingsError, type Connection } from './connection.ts';
import { connectionFromKubeconfig, kubeconfigPaths, tokenInFile } from './kubeconfig.ts';
import { proxyFor } from './proxy.ts';
import { signInBy } from './sign-in.ts';

/** Where the kubelet puts a pod's service account. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The connection of a pod to its own cluster, by its service account. Throws `ConnectionSettingsError` outside one.
 *
 * @param folder holds `token`, which the kubelet replaces, `ca.crt` and `namespace`.
 */
export function connectionInCluster(
  environment: Environment,
  folder: string = SERVICE_ACCOUNT_FOLDER,
): Connection {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (!host) {
    throw new ConnectionSettingsError(
      'This is no pod: KUBERNETES_SERVICE_HOST is not set. Name a kubeconfig.',
    );
  }
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  const server = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const origin = "the pod's service account";
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      throw new ConnectionSettingsError(
        `The pod's service account cannot be read: ${(error as Error).message}. Is automountServiceAccountToken off?`,
        { cause: error },
      );
    }
  };
  read('ca.crt');
  read('token');
  let namespace = 'default';
  try {
    namespace = read('namespace').trim();
  } catch {
    // Some admission controllers leave it out.
  }
  const proxyUrl = proxyFor(server, environment);
  const account = () => ({
    cluster: {
      name: 'in-cluster',
      server: server.origin,
      caFile: join(folder, 'ca.crt'),
      skipTLSVerify: false,
      ...(proxyUrl !== undefined && { proxyUrl }),
    },
    user: { name: 'service-account', authProvider: tokenInFile(join(folder, 'token')) },
  });
  return { server, namespace, origin, signIn: signInBy(origin, account) };
}

/**
 * The connection that fits where we run: the kubeconfig given, else the pod's own cluster, else kubectl's kubeconfig.
 *
 * It signs in once, so that a program that fails, a token file that is missing or a provider that is away is told at
 * once, by `ConnectionSettingsError`, and not by the first request.
 */
export async function findConnection(
  environment: Environment,
  kubeconfig?: string,
  context?: string,
): Promise<Connection> {
  const options = { environment, ...(context !== undefined && { context }) };
  const inCluster = environment['KUBERNETES_SERVICE_HOST'] && !environment['KUBECONFIG'];
  const connection =
    kubeconfig !== undefined
      ? connectionFromKubeconfig(kubeconfig, options)
      : inCluster
        ? connectionInCluster(environment)
        : connectionFromKubeconfig(kubeconfigPaths(environment), options);
  await connection.signIn?.();
  return connection;
}
