import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionSettingsError, tokenFrom } from './connection.ts';
import { connectionInCluster, findConnection } from './in-cluster.ts';
import { connectionFromKubeconfig, kubeconfigPath, readKubeconfig } from './kubeconfig.ts';

/** A folder with these files, gone when the test is over. */
function folder(files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'margay-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const config = (user: string, cluster = '', context = ''): string => `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://10.0.0.1:6443", ${cluster} } }]
users: [{ name: u, user: { ${user} } }]
contexts: [{ name: one, context: { cluster: c, user: u, ${context} } }, { name: other, context: { cluster: gone } }]
current-context: one
`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  ['a token', 'token: t0', '', '', { namespace: 'default', insecure: false }],
  ['a namespace', 'token: t0', '', 'namespace: shop', { namespace: 'shop' }],
  ['no check of the certificate', 'token: t0', 'insecure-skip-tls-verify: true', '', { insecure: true }],
  ['another name in the certificate', 'token: t0', 'tls-server-name: api', '', { serverName: 'api' }],
  ['an authority as data', 'token: t0', `certificate-authority-data: ${base64('CA')}`, '', { ca: 'CA' }],
  [
    'a certificate as data',
    `client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}`,
    '',
    '',
    { certificate: 'CERT', key: 'KEY' },
  ],
  [
    'impersonation',
    'token: t0, as: paul, as-groups: [a, b]',
    '',
    '',
    { impersonate: { user: 'paul', groups: ['a', 'b'] } },
  ],
])('a kubeconfig with %s', (_, user, cluster, context, expected) => {
  const connection = readKubeconfig(config(user, cluster, context), '/k/config');
  expect(connection).toMatchObject(expected);
  expect(connection.server.href).toBe('https://10.0.0.1:6443/');
});

test('files lie beside the kubeconfig, and a token file wins over a token', async () => {
  const path = folder({ ca: 'CA', cert: 'CERT', key: 'KEY', token: ' from-file\n' });
  const text = config(
    'client-certificate: cert, client-key: key, token: t0, tokenFile: token',
    'certificate-authority: ca',
  );
  writeFileSync(join(path, 'config'), text);
  const connection = await connectionFromKubeconfig(join(path, 'config'));
  expect(connection).toMatchObject({ ca: 'CA', certificate: 'CERT', key: 'KEY' });
  expect(await connection.token?.()).toBe('from-file');
});

test.each([
  ['no YAML', '{', 'not YAML'],
  ['no current context', 'clusters: []', 'no current-context'],
  ['a context that is not there', 'current-context: x', 'there is no entry "x" in contexts'],
  [
    'a cluster that is not there',
    config('token: t').replace('current-context: one', 'current-context: other'),
    '"gone" in clusters',
  ],
  ['no address', config('token: t').replace('https://10.0.0.1:6443', 'nowhere'), '"nowhere" is no address'],
  [
    'a certificate without its key',
    config(`client-certificate-data: ${base64('C')}`),
    'both a client certificate and its key',
  ],
  [
    'a file that is not there',
    config('client-certificate: missing, client-key: k'),
    'client-certificate cannot be read',
  ],
  ['a program that signs in', config('exec: { command: aws }'), 'signs in by exec, which is not supported'],
])('a kubeconfig with %s is refused', (_, text, message) => {
  const read = () => readKubeconfig(text, '/k/config');
  expect(read).toThrow(ConnectionSettingsError);
  expect(read).toThrow(/^kubeconfig \/k\/config: /);
  expect(read).toThrow(message);
});

test('a pod reaches its own cluster by its service account', async () => {
  const path = folder({ token: 'pod-token', 'ca.crt': 'CA', namespace: 'margay\n' });
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const connection = await connectionInCluster(environment, path);
  expect(connection).toMatchObject({ ca: 'CA', namespace: 'margay' });
  expect(connection.server.host).toBe('[fd00::1]');
  expect(await connection.token?.()).toBe('pod-token');
  await expect(connectionInCluster({}, path)).rejects.toThrow('This is no pod');
  await expect(connectionInCluster(environment, folder())).rejects.toThrow('automountServiceAccountToken');
});

test('outside a pod, the kubeconfig given counts, else the one kubectl takes', async () => {
  const path = join(folder({ config: config('token: t0') }), 'config');
  expect((await findConnection({}, path)).server.port).toBe('6443');
  expect((await findConnection({ KUBECONFIG: `${path}:/elsewhere` })).server.port).toBe('6443');
  expect(kubeconfigPath({ KUBECONFIG: `${path}:/elsewhere` })).toBe(path);
  expect(kubeconfigPath({})).toMatch(/\.kube\/config$/);
  await expect(findConnection({}, '/nowhere/config')).rejects.toThrow(
    'kubeconfig /nowhere/config cannot be read',
  );
});

test('a token is read from its file again after a minute, and at once where it was refused', async () => {
  const texts = ['t1', 't2', 't3'];
  let now = 0;
  const token = tokenFrom(
    () =>
      texts[0] === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(texts.shift()!),
    () => now,
  );
  expect(await token()).toBe('t1');
  now = 59_999;
  expect(await token()).toBe('t1');
  now = 60_000;
  expect(await token()).toBe('t2');
  expect(await token(true)).toBe('t3');
  await expect(token(true)).rejects.toThrow('The token cannot be read: no such file');
});
