import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FakeApiServer } from '../testing/fake-api-server.ts';
import { KubernetesClient } from './client.ts';
import type { SignIn } from './connection.ts';
import { ApiStatusError, ApiUnreachableError } from './errors.ts';
import { jsonLines } from './json-lines.ts';
import { apiPath, type ApiObject, type ApiResource } from './resources.ts';

const PODS: ApiResource = { group: '', version: 'v1', resource: 'pods', namespaced: true };
const POLICIES: ApiResource = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'networkpolicies',
  namespaced: true,
};
const SHOP = '/api/v1/namespaces/shop/pods';

async function fakeAndClient() {
  const fake = await FakeApiServer.start();
  const client = fake.client();
  onTestFinished(async () => {
    client.close();
    await fake.stop();
  });
  return { fake, client };
}

/** A server that answers every request in one way, and the Authorization headers it got. */
async function answering(code: number, body: string, headers: Record<string, string> = {}) {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(code, headers).end(body);
  });
  // A connection that it gives up just when it is used again is a race of HTTP, which no test here is about.
  server.keepAliveTimeout = 0;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => server.close().closeAllConnections());
  return {
    server: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/below/`),
    authorizations,
  };
}

test.each([
  [PODS, {}, '/api/v1/pods'],
  [PODS, { namespace: 'shop', name: 'web-1' }, '/api/v1/namespaces/shop/pods/web-1'],
  [POLICIES, { namespace: 'shop' }, '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies'],
  [{ ...PODS, resource: 'nodes' }, { name: 'n 1', subresource: 'status' }, '/api/v1/nodes/n%201/status'],
])('the path of %o %o', (resource, path, expected) => expect(apiPath(resource, path)).toBe(expected));

test.each([
  [
    'a Status',
    {
      kind: 'Status',
      code: 409,
      reason: 'Conflict',
      message: 'somebody else',
      details: { retryAfterSeconds: 3 },
    },
    { code: 409, reason: 'Conflict', said: 'somebody else', retryAfterSeconds: 3 },
  ],
  [
    'another object',
    { error: 'proxy' },
    {
      code: 409,
      reason: '',
      said: "an answer of 17 characters that is none of Kubernetes'",
      retryAfterSeconds: 7,
    },
  ],
  ['no text', undefined, { code: 409, reason: '', said: 'no reason given' }],
])('a refusal with %s becomes an error that says so', async (_, body, expected) => {
  const text = body === undefined ? '' : JSON.stringify(body);
  const { server } = await answering(409, text, { 'retry-after': '7' });
  const client = new KubernetesClient({ server, namespace: 'default' });
  const error = await client
    .get(PODS, { namespace: 'shop', name: 'web-1' })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiStatusError);
  expect(error).toMatchObject(expected);
  expect((error as Error).message).toMatch(
    /^Kubernetes API: GET \/api\/v1\/namespaces\/shop\/pods\/web-1: 409/,
  );
});

test('an API server that is not there, or answers what is no JSON, is unreachable', async () => {
  const nobody = new KubernetesClient({ server: new URL('http://127.0.0.1:1'), namespace: 'default' });
  await expect(nobody.listAll(PODS)).rejects.toThrow(ApiUnreachableError);
  await expect(nobody.listAll(PODS)).rejects.toThrow('ECONNREFUSED');
  const { server } = await answering(200, '<html>a portal</html>');
  const portal = new KubernetesClient({ server, namespace: 'default' });
  await expect(portal.listAll(PODS)).rejects.toThrow(/the answer is no JSON \(\d+ characters\)/);
  const reviews = await portal.typed(({ AuthenticationV1Api }) => AuthenticationV1Api);
  const review = reviews.createTokenReview({ body: { spec: { token: 't' } } });
  await expect(review).rejects.toThrow(/the answer is no JSON \(\d+ characters\)/);
});

test('a request is given up when its caller says so', async () => {
  const { client } = await fakeAndClient();
  const reason = new Error('enough');
  await expect(client.get(PODS, { name: 'web-1' }, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a refused token is asked for once more', async () => {
  const { server, authorizations } = await answering(401, '');
  const asked: unknown[] = [];
  const signIn = (refused?: SignIn) =>
    Promise.resolve({ headers: { authorization: `Bearer t${asked.push(refused)}` } });
  const client = new KubernetesClient({ server, namespace: 'default', signIn });
  await expect(client.listAll(PODS)).rejects.toMatchObject({ code: 401 });
  expect(authorizations).toEqual(['Bearer t1', 'Bearer t2']);
  expect(asked).toEqual([undefined, { headers: { authorization: 'Bearer t1' } }]);
});

test('a list is read page by page and shows one state, whatever happens meanwhile', async () => {
  const { fake, client } = await fakeAndClient();
  for (let i = 10; i < 17; i++) fake.put(SHOP, `p${i}`);
  const before = fake.version;
  const seen: string[] = [];
  const versions = new Set<string>();
  for await (const page of client.list(PODS, { pageSize: 3 })) {
    fake.delete(SHOP, `p1${6 - seen.length / 3}`);
    seen.push(...page.items.map(({ metadata }) => metadata.name));
    versions.add(page.resourceVersion);
    expect(page).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
  }
  expect(seen).toEqual(['p10', 'p11', 'p12', 'p13', 'p14', 'p15', 'p16']);
  expect([...versions]).toEqual([before]);
});

test('an update is made again from the newest state while others are faster', async () => {
  const { fake, client } = await fakeAndClient();
  fake.put(SHOP, 'web-1', { count: 0 });
  let disturbed = 0;
  const updated = await client.update<ApiObject & { count: number }>(
    PODS,
    { namespace: 'shop', name: 'web-1' },
    (now) => {
      if (disturbed++ < 3) fake.put(SHOP, 'web-1', { count: now.count + 10 });
      return { ...now, count: now.count + 1 };
    },
  );
  expect(updated).toMatchObject({ count: 31 });
});

test('an update of what is gone, or that wants nothing, writes nothing', async () => {
  const { fake, client } = await fakeAndClient();
  expect(await client.update(PODS, { namespace: 'shop', name: 'web-1' }, (now) => now)).toBeUndefined();
  fake.put(SHOP, 'web-1');
  expect(await client.update(PODS, { namespace: 'shop', name: 'web-1' }, () => undefined)).toMatchObject({
    metadata: { name: 'web-1' },
  });
  expect(fake.requests.every((request) => request.startsWith('GET'))).toBe(true);
});

test('what is created twice is refused by name, what is deleted twice is gone', async () => {
  const { client } = await fakeAndClient();
  await client.create(PODS, { metadata: { name: 'web-1' } }, { namespace: 'shop' });
  await expect(
    client.create(PODS, { metadata: { name: 'web-1' } }, { namespace: 'shop' }),
  ).rejects.toMatchObject({
    reason: 'AlreadyExists',
  });
  await client.delete(PODS, { namespace: 'shop', name: 'web-1' });
  await client.delete(PODS, { namespace: 'shop', name: 'web-1' });
  expect(await client.find(PODS, { namespace: 'shop', name: 'web-1' })).toBeUndefined();
});

async function* pieces(...texts: string[]) {
  for (const text of texts) yield await Promise.resolve(text);
}

async function valuesOf(texts: readonly string[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(pieces(...texts))) values.push(value);
  return values;
}

test.each([
  ['whole lines', ['{"a":1}\n{"a":2}\n'], [{ a: 1 }, { a: 2 }]],
  ['lines in pieces', ['{"a', '":1}', '\n{"a":', '2}\n'], [{ a: 1 }, { a: 2 }]],
  ['empty lines', ['\n\r\n{"a":1}\n\n'], [{ a: 1 }]],
  ['nothing', [], []],
])('JSON lines: %s', async (_, texts, expected) => {
  expect(await valuesOf(texts)).toEqual(expected);
});

test.each([
  ['broken off', ['{"a":1}\n{"b'], 'broke off in the middle'],
  ['no JSON', ['<html>\n'], 'a line of 6 characters that is no JSON'],
])('JSON lines that are %s are unreachable', async (_, texts, message) => {
  await expect(valuesOf(texts)).rejects.toThrow(message);
});
