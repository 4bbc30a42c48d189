import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { Authority, type Pair } from '../testing/certificates.ts';
import { SecureApiServer } from '../testing/secure-api-server.ts';
import { KubernetesClient } from './client.ts';
import { ConnectionSettingsError } from './connection.ts';
import { ApiStatusError, ApiUnreachableError } from './errors.ts';
import { findConnection } from './in-cluster.ts';
import { connectionFromKubeconfig, type KubeconfigOptions } from './kubeconfig.ts';

const PODS = { group: '', version: 'v1', resource: 'pods', namespaced: true };

let authority: Authority;
let pair: Pair;
let server: SecureApiServer;
let folder: string;

beforeAll(() => {
  authority = new Authority();
  pair = authority.issue('kube-apiserver', 'IP:127.0.0.1,DNS:api.shop.test');
});
afterAll(() => authority.remove());
beforeEach(async () => {
  server = await SecureApiServer.start(authority, pair);
  folder = mkdtempSync(join(tmpdir(), 'margay-sign-in-'));
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  };
});

const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const data = (file: string) => readFileSync(file).toString('base64');

/** A kubeconfig of one context, as clouds write them: the cluster's authority in it, the user as given. */
function kubeconfig(user: object, cluster: object = {}): string {
  const address = `https://127.0.0.1:${server.port}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'shop',
        cluster: { server: address, 'certificate-authority-data': data(authority.ca), ...cluster },
      },
    ],
    users: [{ name: 'paul', user }],
    contexts: [{ name: 'paul@shop', context: { cluster: 'shop', user: 'paul' } }],
    'current-context': 'paul@shop',
  };
  return put('config', JSON.stringify(config));
}

function clientBy(path: string, options: KubeconfigOptions = {}): KubernetesClient {
  const client = new KubernetesClient(connectionFromKubeconfig(path, { environment: {}, ...options }));
  onTestFinished(() => client.close());
  return client;
}

const pods = (client: KubernetesClient) => client.listAll(PODS);

/** How a user of a managed cloud's kubeconfig signs in: by a program, here Node with a script. */
function program(script: string, more: object = {}): object {
  put('plugin.cjs', script);
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: process.execPath,
      args: [join(folder, 'plugin.cjs')],
      interactiveMode: 'IfAvailable',
      ...more,
    },
  };
}

/** A script that hands out what `status` gives, counting its runs in a file. */
const handingOut = (status: string) => `
  const fs = require('node:fs');
  const file = __dirname + '/runs';
  const run = (fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0) + 1;
  fs.writeFileSync(file, String(run));
  const status = ${status};
  console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1beta1', kind: 'ExecCredential', status }));
`;
const runs = () => Number(readFileSync(join(folder, 'runs'), 'utf8'));

test('a program signs in, as clouds’ kubeconfigs have it: it is told of the cluster, and run once', async () => {
  server.tokens.add('eks-shop');
  const user = program(
    `require('node:fs').writeFileSync(__dirname + '/info', process.env.KUBERNETES_EXEC_INFO);
     ${handingOut("{ token: 'eks-' + process.env.CLUSTER }")}`,
    { env: [{ name: 'CLUSTER', value: 'shop' }], provideClusterInfo: true },
  );
  const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a1' } }];
  const client = clientBy(kubeconfig(user, { extensions }));
  await Promise.all([pods(client), pods(client), pods(client)]);
  await pods(client);
  expect(server.visitors).toEqual(Array(4).fill('token eks-shop'));
  expect(runs()).toBe(1);
  expect(JSON.parse(readFileSync(join(folder, 'info'), 'utf8'))).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      cluster: {
        server: `https://127.0.0.1:${server.port}/`,
        'certificate-authority-data': data(authority.ca),
        config: { audience: 'a1' },
      },
    },
  });
});

test('a program beside the kubeconfig is found by its relative path', async () => {
  server.tokens.add('t1');
  const user = program('');
  put('sign-in', `#!/bin/sh\necho '{"kind":"ExecCredential","status":{"token":"t1"}}'\n`);
  chmodSync(join(folder, 'sign-in'), 0o755);
  const exec = { ...(user as { exec: object }).exec, command: './sign-in', args: [] };
  await pods(clientBy(kubeconfig({ exec })));
  expect(server.visitors).toEqual(['token t1']);
});

test('a program is run again when its credential is refused, once for all who were refused', async () => {
  server.tokens.add('t1');
  const client = clientBy(kubeconfig(program(handingOut("{ token: 't' + run }"))));
  await pods(client);
  server.tokens.clear();
  server.tokens.add('t2');
  await Promise.all([pods(client), pods(client), pods(client)]);
  expect(runs()).toBe(2);
  expect(server.visitors.filter((visitor) => visitor === 'token t2')).toHaveLength(3);
});

test('a program is run again when its credential runs out', async () => {
  server.tokens.add('t1').add('t2');
  const expirationTimestamp = 'new Date(Date.now() + 5_000).toISOString()';
  const status = `{ token: 't' + run, expirationTimestamp: ${expirationTimestamp} }`;
  const client = clientBy(kubeconfig(program(handingOut(status))));
  await pods(client);
  await pods(client);
  expect(server.visitors).toEqual(['token t1', 'token t2']);
});

test('a program may hand out a client certificate, and another one later', async () => {
  const issued = ['candice', 'david'].map((name) => authority.issue(name, 'DNS:client'));
  const pairs = issued.map(({ cert, key }) => ({
    clientCertificateData: readFileSync(cert, 'utf8'),
    clientKeyData: readFileSync(key, 'utf8'),
    expirationTimestamp: 'SOON',
  }));
  const soon = 'new Date(Date.now() + 5_000).toISOString()';
  const status = `${JSON.stringify(pairs)}[run - 1]`.replaceAll('"SOON"', soon);
  const client = clientBy(kubeconfig(program(handingOut(status))));
  await pods(client);
  await pods(client);
  expect(server.visitors).toEqual(['certificate candice', 'certificate david']);
});

const PRINTS = (text: string) => `process.stdout.write(${JSON.stringify(text)}); process.stderr.write('hm')`;
test.each([
  [
    'fails',
    "console.error('Token has expired.\\nRun aws sso login'); process.exit(255)",
    /failed with exit code 255: Token has expired\. Run aws sso login$/,
  ],
  ['fails and says nothing', 'process.exit(3)', /failed with exit code 3 and said nothing$/],
  [
    'hangs',
    "console.error('waiting for a browser'); setTimeout(() => {}, 20_000)",
    /gave no credential within 3 s: waiting for a browser$/,
  ],
  [
    'prints what is no JSON',
    PRINTS('secret-token'),
    /printed what is no JSON where an ExecCredential was due; it said: hm$/,
  ],
  ['prints nothing', '', /printed nothing where an ExecCredential was due$/],
  [
    'prints another object',
    PRINTS('{"kind":"Token"}'),
    /printed JSON that is no ExecCredential with a status/,
  ],
  ['prints null', PRINTS('null'), /printed JSON that is no ExecCredential/],
  [
    'prints no token',
    PRINTS('{"kind":"ExecCredential","status":{}}'),
    /without a token and without a client certificate/,
  ],
  [
    'prints a certificate alone',
    PRINTS('{"kind":"ExecCredential","status":{"clientCertificateData":"c"}}'),
    /but not both/,
  ],
  [
    'prints two lines for a token',
    PRINTS('{"kind":"ExecCredential","status":{"token":"a\\nb"}}'),
    /printed a token that is none/,
  ],
  [
    'prints no time',
    PRINTS('{"kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"soon"}}'),
    /no time/,
  ],
  [
    'hands out what has expired',
    PRINTS('{"kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"2020-01-01T00:00:00Z"}}'),
    /expired at 2020-01-01T00:00:00\.000Z: is the clock/,
  ],
  [
    'prints without end',
    "setInterval(() => process.stdout.write('x'.repeat(300_000)))",
    /more than a credential is long/,
  ],
])('a program that %s is told in one line', async (_, script, message) => {
  // What hangs is not waited for; whatever else is told needs a process that has started.
  const execMilliseconds = script.includes('setTimeout') ? 3_000 : 60_000;
  const client = clientBy(kubeconfig(program(script)), { execMilliseconds });
  const began = performance.now();
  const error = await pods(client).catch((thrown: unknown) => thrown as Error);
  if (execMilliseconds === 3_000) expect(performance.now() - began).toBeLessThan(15_000);
  expect(error).toBeInstanceOf(ConnectionSettingsError);
  const { message: said } = error as Error;
  expect(said).toMatch(message);
  expect(said).toContain(
    `kubeconfig ${join(folder, 'config')} (context "paul@shop", user "paul") signs in by`,
  );
  expect(said).not.toMatch(/\n|secret-token/);
  expect(server.visitors).toEqual([]);
});

test('a program that is not there is told with what its author says to do', async () => {
  const exec = { command: 'gke-gcloud-auth-plugin-x', installHint: 'Install it\n  for use with kubectl' };
  await expect(pods(clientBy(kubeconfig({ exec })))).rejects.toThrow(
    /"gke-gcloud-auth-plugin-x", which is not installed here \(looked for in PATH\)\. Install it for use with kubectl$/,
  );
});

test('a program that is named by its path is looked for beside the kubeconfig only, and that is told', async () => {
  const path = join(folder, 'bin', 'sign-in');
  await expect(pods(clientBy(kubeconfig({ exec: { command: './bin/sign-in' } })))).rejects.toThrow(
    `"./bin/sign-in", which is not installed here (looked for in ${path})`,
  );
});

test('a program that wants a person is not run', async () => {
  const user = program(handingOut("{ token: 't' }"), { interactiveMode: 'Always' });
  await expect(pods(clientBy(kubeconfig(user)))).rejects.toThrow('needs a person at a terminal');
  expect(() => runs()).toThrow('ENOENT');
});

test('what a hanging program started ends with it', async () => {
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)'], { stdio: 'inherit' });
    require('node:fs').writeFileSync(__dirname + '/pid', String(child.pid));
    setTimeout(() => {}, 20_000);`;
  const client = clientBy(kubeconfig(program(script)), { execMilliseconds: 4_000 });
  await expect(pods(client)).rejects.toThrow('within 4 s');
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  await expect.poll(() => stillRuns(pid)).toBe(false);
});

/** Whether a process is there and no zombie, which nobody may have collected yet. */
function stillRuns(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a sign-in that fails is tried anew by the next request', async () => {
  server.tokens.add('t2');
  const script = handingOut("run === 1 ? process.exit(1) : { token: 't' + run }");
  const client = clientBy(kubeconfig(program(script)));
  await expect(pods(client)).rejects.toThrow('exit code 1');
  await pods(client);
  expect(server.visitors).toEqual(['token t2']);
});

test('a caller who gives up does not wait for the program', async () => {
  const client = clientBy(kubeconfig(program('setTimeout(() => {}, 20_000)')), { execMilliseconds: 3_000 });
  const reason = new Error('enough');
  const stop = new AbortController();
  const asked = client.get(PODS, {}, stop.signal);
  setTimeout(() => stop.abort(reason), 100);
  await expect(asked).rejects.toBe(reason);
});

test('findConnection tells of a sign-in that fails before anything is asked', async () => {
  const path = kubeconfig(program("console.error('no credentials'); process.exit(1)"));
  await expect(findConnection({}, path)).rejects.toThrow('failed with exit code 1: no credentials');
});

test('a token in the kubeconfig that has expired is refused with when', async () => {
  const token = jwt({ exp: 1_600_000_000 });
  const error = await pods(clientBy(kubeconfig({ token }))).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiStatusError);
  expect((error as Error).message).toBe(
    `Kubernetes API: GET /api/v1/pods: 401 Unauthorized: Unauthorized. The API server does not accept the credentials of kubeconfig ` +
      `${join(folder, 'config')} (context "paul@shop", user "paul") (its token expired at 2020-09-13T12:26:40.000Z): sign in again`,
  );
});

test('a token that was replaced in the kubeconfig is read when the old one is refused', async () => {
  server.tokens.add('old');
  const client = clientBy(kubeconfig({ token: 'old' }));
  await pods(client);
  server.tokens.clear();
  server.tokens.add('new');
  kubeconfig({ token: 'new' });
  await pods(client);
  expect(server.visitors).toEqual(['token old', 'token old', 'token new']);
});

test('a token file is read again when its token is refused, and may end in a line break', async () => {
  server.tokens.add('t1');
  put('token', 't1\n');
  const client = clientBy(kubeconfig({ tokenFile: 'token', token: 'not this one' }));
  await pods(client);
  put('token', 't2\n');
  server.tokens.clear();
  server.tokens.add('t2');
  await pods(client);
  expect(server.visitors).toEqual(['token t1', 'token t1', 'token t2']);
});

test.each([
  ['is empty', '\n', /the token file .*token is empty/],
  ['is not there', undefined, /ENOENT.*token/],
])('a token file that %s is told', async (_, text, message) => {
  if (text !== undefined) put('token', text);
  await expect(pods(clientBy(kubeconfig({ tokenFile: 'token' })))).rejects.toThrow(message);
});

test('a client certificate is read again from its files when they are replaced', async () => {
  const show = ({ cert, key }: Pair) => {
    put('client.crt', readFileSync(cert, 'utf8'));
    put('client.key', readFileSync(key, 'utf8'));
  };
  show(authority.issue('candice', 'DNS:client'));
  const client = clientBy(kubeconfig({ 'client-certificate': 'client.crt', 'client-key': 'client.key' }));
  await pods(client);
  show(authority.issue('david', 'DNS:client'));
  await pods(client);
  expect(server.visitors).toEqual(['certificate candice', 'certificate david']);
});

test.each([
  ['nonsense', 'client-certificate-data', Buffer.from('x').toString('base64')],
  ['another one’s key', 'client-key-data', undefined],
])('a client certificate with %s is told', async (_, field, given) => {
  const mine = authority.issue('candice', 'DNS:client');
  const other = authority.issue('david', 'DNS:client');
  const user = {
    'client-certificate-data': data(mine.cert),
    'client-key-data': data(mine.key),
    [field]: given ?? data(other.key),
  };
  await expect(pods(clientBy(kubeconfig(user)))).rejects.toThrow(
    /\(context "paul@shop", user "paul"\): its certificate authority, client certificate or key is not usable: /,
  );
});

test('connections are kept and used again', async () => {
  server.tokens.add('t');
  const client = clientBy(kubeconfig({ token: 't' }));
  for (let i = 0; i < 5; i++) await pods(client);
  expect(server.connections).toBe(1);
});

test('whose server it is, is checked by the authority and the name that the kubeconfig gives', async () => {
  server.tokens.add('t');
  const token = { token: 't' };
  await pods(clientBy(kubeconfig(token, { 'tls-server-name': 'api.shop.test' })));
  const other = { 'tls-server-name': 'api.other.test' };
  await expect(pods(clientBy(kubeconfig(token, other)))).rejects.toThrow(
    /api\.other\.test.*; check certificate-authority and tls-server-name of kubeconfig .*"paul@shop"/,
  );
  const stranger = new Authority();
  onTestFinished(() => stranger.remove());
  const untrusted = { 'certificate-authority-data': data(stranger.ca) };
  await expect(pods(clientBy(kubeconfig(token, untrusted)))).rejects.toThrow(ApiUnreachableError);
  const skipped = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': undefined };
  await pods(clientBy(kubeconfig(token, skipped)));
  expect(server.visitors).toHaveLength(2);
});

test('a context without a user trusts the cluster’s authority all the same', async () => {
  const path = kubeconfig({});
  writeFileSync(path, readFileSync(path, 'utf8').replace(',"user":"paul"}', '}'));
  await expect(pods(clientBy(path))).rejects.toMatchObject({ code: 401 });
  expect(server.visitors).toEqual(['nobody', 'nobody']);
});

test('a kubeconfig speaks for others: user, uid, groups and extra', async () => {
  server.tokens.add('t');
  const extra = { 'example.org/team': ['a', 'b'] };
  const others = { as: 'candice', 'as-uid': 'u1', 'as-groups': ['g1', 'g2'], 'as-user-extra': extra };
  await pods(clientBy(kubeconfig({ token: 't', ...others })));
  expect(server.headers).toMatchObject({
    'impersonate-user': 'candice',
    'impersonate-uid': 'u1',
    'impersonate-group': 'g1, g2',
    'impersonate-extra-example.org%2fteam': 'a, b',
  });
});

/** A token as providers sign them; nobody checks the signature here. */
const jwt = (claims: object) =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;

/** An OpenID provider whose token endpoint answers as told; it collects what it is asked. */
async function provider(answer: (form: URLSearchParams) => { code: number; body: object }) {
  const asked: { form: URLSearchParams; authorization: string | undefined }[] = [];
  const keys = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) };
  const listening = createHttpsServer(keys, (request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      const issuer = `https://${request.headers.host}/realm`;
      const form = new URLSearchParams(text);
      const { code, body } = request.url?.includes('.well-known')
        ? { code: 200, body: { issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` } }
        : answer(form);
      if (form.size > 0) asked.push({ form, authorization: request.headers.authorization });
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  return { asked, port: await portOf(listening) };
}

async function portOf(listening: Server): Promise<number> {
  await new Promise<void>((ready) => listening.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void listening.close());
  return (listening.address() as AddressInfo).port;
}

const oidc = (port: number, more: object = {}) => ({
  'auth-provider': {
    name: 'oidc',
    config: {
      'idp-issuer-url': `https://127.0.0.1:${port}/realm`,
      'idp-certificate-authority-data': data(authority.ca),
      'client-id': 'margay',
      'client-secret': 's3cret',
      'id-token': jwt({ exp: 1_600_000_000 }),
      'refresh-token': 'r1',
      ...more,
    },
  },
});

test('an id-token that has run out is renewed once, with the client’s secret, and the new refresh token kept', async () => {
  const issued: string[] = [];
  const { asked, port } = await provider((form) => {
    const claims = {
      iss: `https://127.0.0.1:${port}/realm`,
      aud: 'margay',
      sub: 'paul',
      iat: inAnHour() - 3_600,
    };
    const token = jwt({ ...claims, exp: inAnHour() + issued.length });
    issued.push(token);
    server.tokens.clear();
    server.tokens.add(token);
    const refresh = `r${Number(form.get('refresh_token')?.slice(1)) + 1}`;
    return {
      code: 200,
      body: {
        access_token: 'a',
        token_type: 'bearer',
        id_token: token,
        refresh_token: refresh,
        expires_in: 3_600,
      },
    };
  });
  const client = clientBy(kubeconfig(oidc(port)));
  await Promise.all([pods(client), pods(client)]);
  await pods(client);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('margay:s3cret').toString('base64')}`);
  expect(Object.fromEntries(asked[0]!.form)).toMatchObject({
    grant_type: 'refresh_token',
    refresh_token: 'r1',
  });
  // Refused before its time: renewed by the refresh token that came with it, not by the one in the file.
  server.tokens.clear();
  await pods(client);
  expect(asked[1]?.form.get('refresh_token')).toBe('r2');
  expect(server.visitors.at(-1)).toBe(`token ${issued[1]}`);
});

test('an id-token that is good is shown without asking anybody', async () => {
  const token = jwt({ exp: inAnHour() });
  server.tokens.add(token);
  await pods(clientBy(kubeconfig(oidc(1, { 'id-token': token }))));
  expect(server.visitors).toEqual([`token ${token}`]);
});

test.each([
  [
    'says no',
    { code: 400, body: { error: 'invalid_grant', error_description: 'session not active' } },
    /does not renew it: invalid_grant: session not active\. Sign in again if that stays so$/,
  ],
  [
    'gives no id-token',
    { code: 200, body: { access_token: 'a', token_type: 'bearer' } },
    /does not renew it: the answer has no id_token/,
  ],
  ['answers rubbish', { code: 500, body: { hello: 1 } }, /does not renew it: /],
])('a provider that %s is told', async (_, answer, message) => {
  const { port } = await provider(() => answer);
  const asked = pods(clientBy(kubeconfig(oidc(port))));
  await expect(asked).rejects.toBeInstanceOf(ConnectionSettingsError);
  await expect(asked).rejects.toThrow(message);
  await expect(asked).rejects.toThrow('has an id-token that expired at 2020-09-13T12:26:40.000Z');
});

test('a provider that is away, and a kubeconfig that cannot renew, are told', async () => {
  await expect(pods(clientBy(kubeconfig(oidc(1))))).rejects.toThrow(
    /127\.0\.0\.1:1\/realm does not renew it: .*ECONNREFUSED/,
  );
  const stuck = oidc(1, { 'refresh-token': undefined });
  await expect(pods(clientBy(kubeconfig(stuck)))).rejects.toThrow(
    /"paul"\) has an id-token that expired at .*, and no refresh-token: sign in again/,
  );
});

/** A proxy that tunnels, refuses or hangs, and whom it was asked for. */
async function proxy(how: 'tunnels' | 'refuses' | 'hangs' = 'tunnels') {
  const asked: string[] = [];
  const listening = createHttpServer().on('connect', (request, client) => {
    asked.push(request.url ?? '');
    client.on('error', () => undefined);
    if (how === 'hangs') return;
    if (how === 'refuses') {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const onwards = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onwards.pipe(client).pipe(onwards);
    });
    onwards.on('error', () => client.destroy());
  });
  const port = await portOf(listening);
  return { asked, url: `http://127.0.0.1:${port}` };
}

test('a cluster is reached through its proxy', async () => {
  server.tokens.add('t');
  const { asked, url } = await proxy();
  const path = kubeconfig({ token: 't' }, { 'proxy-url': url });
  await pods(clientBy(path));
  expect(asked).toEqual([`127.0.0.1:${server.port}`]);
  expect(server.visitors).toEqual(['token t']);
});

test('the environment’s proxy is used for a server that is not this machine', async () => {
  const { asked, url } = await proxy('refuses');
  const cluster = { server: 'https://api.shop.test:6443' };
  const client = clientBy(kubeconfig({ token: 't' }, cluster), { environment: { HTTPS_PROXY: url } });
  await expect(pods(client)).rejects.toThrow(
    /api\.shop\.test:6443\/api\/v1\/pods.* \(through the proxy 127\.0\.0\.1:\d+\): .*407/,
  );
  expect(asked).toEqual(['api.shop.test:6443']);
});

test('a proxy that never answers is given up, by the caller too', async () => {
  const { url } = await proxy('hangs');
  const client = clientBy(kubeconfig({ token: 't' }, { 'proxy-url': url }));
  await expect(client.request('GET', '/api', { silenceMilliseconds: 200 })).rejects.toThrow(
    'nothing was heard for 0.2 s',
  );
  const signal = AbortSignal.timeout(100);
  await expect(client.request('GET', '/api', { signal })).rejects.toHaveProperty('name', 'TimeoutError');
});

test('a server that takes the connection and says nothing is given up', async () => {
  const port = await portOf(createTcpServer((socket) => void socket.on('error', () => undefined).resume()));
  const client = clientBy(kubeconfig({ token: 't' }, { server: `https://127.0.0.1:${port}` }));
  await expect(client.request('GET', '/api', { silenceMilliseconds: 200 })).rejects.toThrow(
    'nothing was heard',
  );
});
