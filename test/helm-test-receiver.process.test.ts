import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createPlain, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { selfSigned } from './testing/certificates.ts';
import { freePort } from './testing/free-port.ts';
import { ownFolder } from './testing/margay.ts';

/** What `helm test` runs in the cluster, as the pod runs it. */
const SCRIPT = readFileSync(new URL('../charts/margay/files/test-receiver.mjs', import.meta.url), 'utf8');

async function portOf(server: Server | ReturnType<typeof createPlain>): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A receiver with a certificate of its own, which has nothing at `/`. */
async function receiver(): Promise<string> {
  const { cert, key } = selfSigned(ownFolder(), 'webhook', 'DNS:elsewhere');
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) =>
    response.writeHead(404).end(),
  );
  return `https://127.0.0.1:${await portOf(server)}/`;
}

/** A provider that describes itself so. */
async function provider(described: (own: string) => object, keys: readonly object[] = [{ kid: '1' }]) {
  let own = '';
  const answer: RequestListener = ({ url }, response) =>
    void response.end(JSON.stringify(url?.includes('.well-known') ? described(own) : { keys }));
  own = `http://127.0.0.1:${await portOf(createPlain(answer))}`;
  return own;
}

const run = (RECEIVER_URL: string, OIDC_ISSUER: string) =>
  new Promise<{ code: unknown; said: string }>((resolve) => {
    const env = {
      PATH: process.env['PATH'],
      RECEIVER_URL,
      OIDC_ISSUER,
      OIDC_ISSUER_VALUE: 'flowIngestor.http.oidc.issuer',
    };
    execFile(process.execPath, ['--input-type=module', '--eval', SCRIPT], { env }, (error, said) =>
      resolve({ code: error?.code ?? 0, said }),
    );
  });

const honest = (own: string) => ({ issuer: own, jwks_uri: `${own}/keys` });

test.each<[string, number, RegExp, () => Promise<string>]>([
  ['no provider', 0, /^The receiver at \S+: 404\n$/, async () => ''],
  ['a provider with keys', 0, /: 1 keys\n$/, () => provider(honest)],
  [
    'a provider that calls itself otherwise, as with a slash too many',
    1,
    /it calls itself http\S+\/: flowIngestor\.http\.oidc\.issuer has to be that/,
    () => provider((own) => ({ ...honest(own), issuer: `${own}/` })),
  ],
  ['a provider without keys', 1, /has no keys/, () => provider(honest, [])],
  [
    'no such provider',
    1,
    /fetch failed \(.*ECONNREFUSED/,
    async () => `http://127.0.0.1:${await freePort()}`,
  ],
])('%s: %d', async (_, code, said, issuer) => {
  const ran = await run(await receiver(), await issuer());
  expect(ran).toEqual({ code, said: expect.stringMatching(said) });
});

test('a receiver that does not answer: 1', async () => {
  const ran = await run(`https://127.0.0.1:${await freePort()}/`, '');
  expect(ran).toEqual({ code: 1, said: expect.stringMatching(/ECONNREFUSED/) });
});
