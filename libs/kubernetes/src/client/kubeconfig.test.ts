import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ConnectionSettingsError } from './connection.ts';
import { connectionInCluster, findConnection } from './in-cluster.ts';
import { connectionFromKubeconfig, kubeconfigPaths, readKubeconfig } from './kubeconfig.ts';
import { proxyFor } from './proxy.ts';

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

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test.each([
  ['a token', 'token: t0', '', { headers: bearer('t0'), tls: {} }],
  [
    'no check of the certificate',
    '',
    'insecure-skip-tls-verify: true',
    { tls: { rejectUnauthorized: false } },
  ],
  ['another name in the certificate', '', 'tls-server-name: api', { tls: { servername: 'api' } }],
  ['an authority as data', '', `certificate-authority-data: ${base64('CA')}`, { tls: { ca: 'CA' } }],
  [
    'a certificate as data',
    `client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}`,
    '',
    { tls: { cert: 'CERT', key: 'KEY' } },
  ],
  [
    'impersonation',
    'token: t0, as: paul, as-groups: [a, b]',
    '',
    { headers: { 'impersonate-user': 'paul', 'impersonate-group': ['a', 'b'], ...bearer('t0') } },
  ],
  [
    'a password',
    'username: paul, password: p',
    '',
    { headers: { authorization: `Basic ${base64('paul:p')}` } },
  ],
  ['a proxy', '', 'proxy-url: "http://proxy:3128"', { proxy: { url: new URL('http://proxy:3128') } }],
  [
    'a proxy of the other kind',
    '',
    'proxy-url: "socks5://proxy:1080"',
    { proxy: { url: new URL('socks5://proxy:1080') } },
  ],
])('a kubeconfig with %s', async (_, user, cluster, expected) => {
  const connection = readKubeconfig(config(user, cluster), '/k/config');
  expect(connection.server.href).toBe('https://10.0.0.1:6443/');
  expect(await connection.signIn?.()).toMatchObject(expected);
});

test('objects lie in the context’s namespace, else in the default one', () => {
  expect(readKubeconfig(config('token: t0'), '/k/config').namespace).toBe('default');
  expect(readKubeconfig(config('token: t0', '', 'namespace: shop'), '/k/config').namespace).toBe('shop');
});

test('files lie beside the kubeconfig, and a token file wins over a token', async () => {
  const path = folder({ ca: 'CA', cert: 'CERT', key: 'KEY', token: ' from-file\n' });
  const text = config(
    'client-certificate: cert, client-key: key, token: t0, tokenFile: token',
    'certificate-authority: ca',
  );
  writeFileSync(join(path, 'config'), text);
  const signIn = await connectionFromKubeconfig(join(path, 'config')).signIn?.();
  expect(signIn?.tls).toMatchObject({ ca: 'CA', cert: 'CERT', key: 'KEY' });
  expect(signIn?.headers).toMatchObject(bearer('from-file'));
});

test.each([
  ['no YAML', '{', 'not YAML'],
  ['no current context', 'clusters: []', 'no current-context'],
  ['nothing', '\n', 'no current-context'],
  ['a context that is not there', 'current-context: x', 'there is no entry "x" in contexts'],
  [
    'a cluster that is not there',
    config('token: t').replace('current-context: one', 'current-context: other'),
    '"gone" in clusters',
  ],
  ['no address', config('token: t').replace('https://10.0.0.1:6443', 'nowhere'), 'is no address'],
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
  [
    'a user that is not there',
    config('token: t').replace('user: u,', 'user: v,'),
    'there is no entry "v" in users: it has "u"',
  ],
  ['a program without a name', config('exec: { args: [get-token] }'), 'signs in by exec, without a command'],
  [
    'a way to sign in that was given up',
    config('auth-provider: { name: gcp }'),
    'auth-provider "gcp", which Kubernetes has given up: let your cloud\'s own program',
  ],
  ['a proxy that is none', config('token: t', 'proxy-url: "ftp://proxy"'), 'the proxy is no http'],
])('a kubeconfig with %s is refused', async (_, text, message) => {
  const read = async () => readKubeconfig(text, '/k/config').signIn?.();
  await expect(read()).rejects.toThrow(ConnectionSettingsError);
  await expect(read()).rejects.toThrow(/^kubeconfig \/k\/config: /);
  await expect(read()).rejects.toThrow(message);
});

test('of several kubeconfigs the first that knows a name counts, and those that are not there are passed over', async () => {
  const first = folder({
    config: 'current-context: one\nusers: [{ name: u, user: { tokenFile: token } }]',
    token: 'mine',
  });
  const second = folder({ config: config('token: other', '', 'namespace: shop') });
  const paths = [join(first, 'config'), '/nowhere/config', join(second, 'config')];
  const connection = await findConnection({ KUBECONFIG: paths.join(delimiter) });
  expect(connection.namespace).toBe('shop');
  expect((await connection.signIn?.())?.headers).toMatchObject(bearer('mine'));
  const nowhere = findConnection({ KUBECONFIG: ['/nowhere/a', '/nowhere/b'].join(delimiter) });
  await expect(nowhere).rejects.toThrow('None of the kubeconfigs /nowhere/a, /nowhere/b is there');
});

test('a pod reaches its own cluster by its service account', async () => {
  const path = folder({ token: 'pod-token', 'ca.crt': 'CA', namespace: 'margay\n' });
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const connection = connectionInCluster(environment, path);
  expect(connection.namespace).toBe('margay');
  expect(connection.server.host).toBe('[fd00::1]');
  expect(await connection.signIn?.()).toMatchObject({ tls: { ca: 'CA' }, headers: bearer('pod-token') });
  expect(() => connectionInCluster({}, path)).toThrow('This is no pod');
  expect(() => connectionInCluster(environment, folder())).toThrow('automountServiceAccountToken');
});

test('outside a pod, the kubeconfig given counts, else the one kubectl takes', async () => {
  const path = join(folder({ config: config('token: t0') }), 'config');
  expect((await findConnection({}, path)).server.port).toBe('6443');
  expect((await findConnection({ KUBECONFIG: `${path}:/elsewhere` })).server.port).toBe('6443');
  expect(kubeconfigPaths({ KUBECONFIG: `${path}:/elsewhere` })).toEqual([path, '/elsewhere']);
  expect(kubeconfigPaths({})).toEqual([join(homedir(), '.kube', 'config')]);
  await expect(findConnection({}, '/nowhere/config')).rejects.toThrow(
    'kubeconfig /nowhere/config cannot be read',
  );
});

test('a pod’s token is read from its file again after a minute', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const path = folder({ token: 't1', 'ca.crt': 'CA' });
  const { signIn } = connectionInCluster({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, path);
  const token = async () => (await signIn?.())?.headers;
  expect(await token()).toMatchObject(bearer('t1'));
  writeFileSync(join(path, 'token'), 't2');
  vi.advanceTimersByTime(59_000);
  expect(await token()).toMatchObject(bearer('t1'));
  vi.advanceTimersByTime(2_000);
  expect(await token()).toMatchObject(bearer('t2'));
  rmSync(join(path, 'token'));
  vi.advanceTimersByTime(61_000);
  await expect(token()).rejects.toThrow(ConnectionSettingsError);
});

test.each([
  ['https://api.test:6443', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
  ['https://api.test', { https_proxy: 'p:1' }, 'http://p:1'],
  ['http://api.test', { HTTPS_PROXY: 'http://p:1' }, undefined],
  ['http://api.test', { HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
  ['https://127.0.0.1:6443', { HTTPS_PROXY: 'http://p:1' }, undefined],
  ['https://localhost', { HTTPS_PROXY: 'http://p:1' }, undefined],
  ['https://[::1]', { HTTPS_PROXY: 'http://p:1' }, undefined],
  ['https://api.test', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
  ['https://api.test', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.test, API.test' }, undefined],
  ['https://a.api.test', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'api.test' }, undefined],
  ['https://a.api.test', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.test' }, undefined],
  ['https://test', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.test' }, 'http://p:1'],
  ['https://contest', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'test' }, 'http://p:1'],
  ['https://api.test', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'api.test:443' }, undefined],
  ['https://api.test:6443', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'api.test:443' }, 'http://p:1'],
  ['https://10.96.0.1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.96.0.0/12' }, undefined],
  ['https://10.112.0.1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.96.0.0/12' }, 'http://p:1'],
  ['https://[fd00::1]', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'fd00::/8' }, undefined],
  ['https://10.96.0.1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.96.0.1' }, undefined],
  ['https://10.96.0.1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/99,,x/8' }, 'http://p:1'],
  ['https://api.test', {}, undefined],
])('%s with %o is reached through %s, as by kubectl', (server, environment, expected) => {
  expect(proxyFor(new URL(server), environment)).toBe(expected);
});
