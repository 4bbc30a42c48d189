import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A transit engine with one key, `margay`, as OpenBao and Vault answer over HTTP; it signs with OpenSSL. What is set says how it behaves.
 */
export interface TransitServer {
  /** Of the key. */
  readonly address: string;
  /** Its versions, from 1 on: the public halves, 32 bytes each. */
  readonly halves: Uint8Array[];
  /** What was asked: method and path. */
  readonly asked: string[];
  /** Makes another version. */
  rotate(): void;
  /** Who is let in: a token, or whoever signs in by a role with this JWT and gets the token. */
  token: string;
  readonly jwt: string;
  /** Answers this instead of what is asked for; `undefined` does not. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  close(): Promise<void>;
}

const RAW_BYTES = 32;

export async function transitServer(): Promise<TransitServer> {
  const keys: KeyObject[] = [];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const own: TransitServer = {
    address: `http://127.0.0.1:${port}/v1/transit/keys/margay`,
    halves: [],
    asked: [],
    token: 'a-token',
    jwt: 'a-jwt',
    instead: undefined,
    rotate() {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      keys.push(privateKey);
      own.halves.push(
        Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_BYTES)),
      );
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  own.rotate();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const said = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    own.asked.push(`${request.method} ${request.url}`);
    if (own.instead !== undefined) return own.instead(request, response);
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Asked);
    if (request.url === '/v1/auth/kubernetes/login') {
      const isKnown = body.role === 'margay' && body.jwt === own.jwt;
      if (!isKnown) return void said(403, { errors: ['permission denied'] });
      return void said(200, { auth: { client_token: own.token, lease_duration: 3_600 } });
    }
    if (request.headers['x-vault-token'] !== own.token)
      return void said(403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] });
    if (request.url === '/v1/transit/keys/margay') {
      const versions = own.halves.map((half, i) => [
        String(i + 1),
        { name: 'ed25519', public_key: Buffer.from(half).toString('base64') },
      ]);
      return void said(200, { data: { type: 'ed25519', keys: Object.fromEntries(versions) } });
    }
    if (request.url !== '/v1/transit/sign/margay') return void said(404, { errors: [] });
    const { key_version: version = keys.length, batch_input: batch = [] } = body;
    const results = batch.map(({ input }) => {
      const signature = sign(null, Buffer.from(input, 'base64'), keys[version - 1]!);
      return { signature: `vault:v${version}:${signature.toString('base64')}`, key_version: version };
    });
    said(200, { data: { batch_results: results } });
  }
  return own;
}

interface Asked {
  readonly role?: string;
  readonly jwt?: string;
  readonly key_version?: number;
  readonly batch_input?: readonly { readonly input: string }[];
}
