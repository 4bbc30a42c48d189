import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  customResourceDefinitions,
  KubernetesClient,
  readKubeconfig,
  type ApiResource,
  type Connection,
} from '@margay/kubernetes';
import { load } from 'js-yaml';

/** The real cluster that the tests run on. */
export const kubeconfig = process.env['MARGAY_TEST_KUBERNETES'] ?? '';

/** The audit logs of the cluster's API servers, where the cluster was assembled. */
export function auditLogs(): string[] {
  const folder = dirname(kubeconfig);
  const names = readdirSync(folder).filter((name) => /^audit(-\d+)?\.jsonl$/.test(name));
  return names.map((name) => join(folder, name));
}

/** The contexts of its API servers where it has several, as the assembled one does; none in a cluster of one's own. */
export function serverContexts(): string[] {
  const { contexts } = load(readFileSync(kubeconfig, 'utf8')) as { contexts: readonly { name: string }[] };
  return contexts.map(({ name }) => name).filter((name) => /^server-\d+$/.test(name));
}

/** Where these are, host:port. */
export const addressesOf = (): string[] => serverContexts().map((context) => connection(context).server.host);

export function connection(context?: string): Connection {
  return readKubeconfig(readFileSync(kubeconfig, 'utf8'), kubeconfig, context);
}

/** A client as the administrator, of the first API server or of another one. */
export const admin = (context?: string): KubernetesClient => new KubernetesClient(connection(context));

/** The way to the first API server, for whoever has this token. */
export function connectionWith(token: string): Connection {
  const config = load(readFileSync(kubeconfig, 'utf8')) as Record<string, unknown> & {
    readonly contexts: readonly { readonly context: { readonly cluster: string } }[];
  };
  const context = { ...config.contexts[0]?.context, user: 'bearer' };
  const text = JSON.stringify({
    ...config,
    users: [{ name: 'bearer', user: { token } }],
    contexts: [{ name: 'bearer', context }],
    'current-context': 'bearer',
  });
  return readKubeconfig(text, kubeconfig);
}

/** What kubectl prints. Throws with what it says where it fails. */
export const kubectl = (args: readonly string[], options: { input?: string; user?: string } = {}): string =>
  kubectlOf(kubeconfig, args, options);

/** The same of another cluster. */
export function kubectlOf(
  cluster: string,
  args: readonly string[],
  { input, user }: { input?: string; user?: string } = {},
): string {
  const whole = ['--kubeconfig', cluster, ...(user === undefined ? [] : ['--user', user]), ...args];
  return execFileSync('kubectl', whole, {
    encoding: 'utf8',
    ...(input !== undefined && { input }),
    stdio: 'pipe',
  });
}

/** Applies objects. @returns what kubectl prints. */
export const apply = (...items: readonly object[]): string =>
  kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });

/** kubectl's complaint, or an empty text where it has none. */
export function complaintOf(args: readonly string[], input: string, user?: string): string {
  try {
    kubectl(args, { input, ...(user !== undefined && { user }) });
    return '';
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
}

export const CRDS = new URL('../../charts/margay/crds', import.meta.url).pathname;
export const SAMPLES = new URL('samples', import.meta.url).pathname;

/** Applies the custom resource definitions and waits until they are served. */
export function applyDefinitions(): void {
  kubectl(['apply', '-f', CRDS]);
  const names = customResourceDefinitions().map(({ metadata }) => `crd/${metadata.name}`);
  kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...names]);
}

/** A resource, from `pods` or `apps/v1/deployments`. */
export function resource(path: string, namespaced = true): ApiResource {
  const [name = '', version = 'v1', group = ''] = path.split('/').reverse();
  return { group, version, resource: name, namespaced };
}

/** Asks again until the answer fits, for at most so many seconds. */
export async function until<T>(
  ask: () => Promise<T> | T,
  fits: (answer: T) => boolean,
  seconds = 60,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > end)
      throw new Error(`it did not come about in ${seconds} s; last: ${JSON.stringify(answer)}`);
    await new Promise((later) => setTimeout(later, 100));
  }
}
