import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Authority, Pair } from './certificates.ts';

/**
 * An API server that has one empty list of pods and asks who is there: by a bearer token, or by a client certificate of its
 * authority.
 */
export class SecureApiServer {
  /** The tokens that it accepts. */
  readonly tokens = new Set<string>();
  /** Who asked, in order: `token t1`, `certificate paul`, `nobody`. */
  readonly visitors: string[] = [];
  /** The headers of the last request. */
  headers: NodeJS.Dict<string | string[]> = {};
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(authority: Authority, { cert, key }: Pair) {
    const ca = readFileSync(authority.ca);
    const pair = { cert: readFileSync(cert), key: readFileSync(key) };
    this.#server = createServer(
      { ...pair, ca, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        this.headers = request.headers;
        const socket = request.socket as TLSSocket;
        const token = request.headers.authorization?.replace('Bearer ', '');
        const known = token !== undefined ? this.tokens.has(token) : socket.authorized;
        const name = socket.authorized ? `certificate ${socket.getPeerCertificate().subject?.CN}` : 'nobody';
        this.visitors.push(token === undefined ? name : `token ${token}`);
        response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
        response.end(JSON.stringify(known ? NO_PODS : UNAUTHORIZED));
      },
    );
    this.#server.on('connection', (socket) => this.#sockets.add(socket));
  }

  static async start(authority: Authority, pair: Pair): Promise<SecureApiServer> {
    const server = new SecureApiServer(authority, pair);
    await new Promise<void>((listening) => server.#server.listen(0, '127.0.0.1', listening));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections were ever made to it. */
  get connections(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

const NO_PODS = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] };
const UNAUTHORIZED = { kind: 'Status', code: 401, reason: 'Unauthorized', message: 'Unauthorized' };
