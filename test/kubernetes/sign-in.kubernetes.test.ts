import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectionFromKubeconfig, KubernetesClient } from '@margay/kubernetes';
import { openEmbedded } from '@margay/storage';
import { load } from 'js-yaml';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { margay, ownFolder, startMargay } from '../testing/margay.ts';
import { apply, kubeconfig, resource } from './cluster.ts';

const NAMESPACE = 'margay-sign-in';

beforeAll(() => {
  const account = { kind: 'ServiceAccount', name: 'cloud', namespace: NAMESPACE };
  const metadata = { name: NAMESPACE };
  apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'cloud', namespace: NAMESPACE } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [account],
    },
  );
});

/** A kubeconfig as `aws eks update-kubeconfig` writes it, whose program asks the API server itself for a token. */
function cloudKubeconfig(script = 'token "$@"'): { path: string; runs: () => number } {
  const folder = ownFolder();
  const program = join(folder, 'cloud-cli');
  writeFileSync(
    program,
    `#!/bin/sh
echo run >> "$0.runs"
token() {
  token=$(kubectl --kubeconfig "$ADMIN" create token "$3" --namespace "$5" --duration 10m) || exit 1
  printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{},"status":{"expirationTimestamp":"%s","token":"%s"}}' \\
    "$(date -u -d '+10 minutes' +%Y-%m-%dT%H:%M:%SZ)" "$token"
}
${script}
`,
  );
  chmodSync(program, 0o755);
  const config = load(readFileSync(kubeconfig, 'utf8')) as {
    readonly clusters: readonly {
      readonly name: string;
      readonly cluster: Readonly<Record<string, string | undefined>>;
    }[];
  };
  const { name, cluster } = config.clusters[0]!;
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    command: './cloud-cli',
    args: ['eks', 'get-token', 'cloud', '--namespace', NAMESPACE],
    env: [{ name: 'ADMIN', value: kubeconfig }],
    interactiveMode: 'IfAvailable',
    provideClusterInfo: false,
  };
  const arn = 'arn:aws:eks:eu-central-1:111122223333:cluster/shop';
  const authority = cluster['certificate-authority'] ?? '';
  const ca =
    cluster['certificate-authority-data'] ??
    readFileSync(authority.startsWith('/') ? authority : join(kubeconfig, '..', authority)).toString(
      'base64',
    );
  const path = join(folder, 'config');
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: cluster['server'], 'certificate-authority-data': ca } }],
      users: [{ name: arn, user: { exec } }],
      contexts: [{ name: arn, context: { cluster: name, user: arn } }],
      'current-context': arn,
    }),
  );
  const runs = () => readFileSync(`${program}.runs`, 'utf8').trim().split('\n').length;
  return { path, runs };
}

test('margay up --watch signs in by the program of a managed cloud’s kubeconfig, once', async () => {
  const { path, runs } = cloudKubeconfig();
  const data = ownFolder();
  const child = startMargay([
    'up',
    '--watch',
    '--cluster',
    'c',
    '--kubeconfig',
    path,
    '--data',
    data,
    '--port',
    '0',
  ]);
  await expect.poll(child.said, { timeout: 60_000 }).toContain('Serving');
  const seen = async () => {
    const stores = openEmbedded(data, { readOnly: true });
    const now = Date.now() * 1_000;
    const names: string[] = [];
    for await (const { resource: of, name } of stores.history.versions({ start: now, end: now + 1 }))
      names.push(`${of}/${name}`);
    await stores.close();
    return names;
  };
  await expect.poll(seen, { timeout: 60_000, interval: 500 }).toContain(`namespaces/${NAMESPACE}`);
  expect(runs()).toBe(1);
});

test.each([
  [
    'fails',
    'echo "Error loading SSO Token: Token has expired" >&2; exit 255',
    'failed with exit code 255: Error loading SSO Token: Token has expired',
  ],
  [
    'answers rubbish',
    'echo "Welcome to the cloud"',
    'printed what is no JSON where an ExecCredential was due',
  ],
])('margay up --watch ends with one line where that program %s', (_, script, line) => {
  const { path } = cloudKubeconfig(script);
  const args = ['up', '--watch', '--cluster', 'c', '--kubeconfig', path, '--data', ownFolder()];
  const { code, err } = margay([...args, '--port', '0']);
  expect(code).not.toBe(0);
  expect(err).toContain(line);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test('a token that the API server no longer takes is replaced by a new one, and nothing is noticed', async () => {
  const { path, runs } = cloudKubeconfig(`
if [ "$(wc -l < "$0.runs")" -gt 1 ]; then token "$@"; else
printf '{"kind":"ExecCredential","status":{"token":"withdrawn"}}'; fi`);
  const client = new KubernetesClient(connectionFromKubeconfig(path));
  onTestFinished(() => client.close());
  const all = await Promise.all([1, 2, 3].map(() => client.listAll(resource('namespaces', false))));
  expect(all.map((names) => names.length > 3)).toEqual([true, true, true]);
  expect(runs()).toBe(2);
});
