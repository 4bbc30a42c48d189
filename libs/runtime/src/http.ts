import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import type { Log } from './log.ts';

export type Routes = (http: FastifyInstance) => void;

export interface HttpServer {
  /** The address that is listened on, as a URL. */
  readonly url: string;
  /** Stops listening, lets running requests finish, and closes what the module opened. */
  close(): Promise<void>;
}

/** PEM files of a server; read again when they change, so that certificates can be renewed while it runs. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates. With it, a client without a certificate of theirs cannot connect. */
  readonly clientCa?: string;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly bodyBytesMax?: number;
  readonly tls?: TlsFiles;
  /** The longest that reading one request, body included, may take; no limit unless set. */
  readonly requestMilliseconds?: number;
  /** Told of requests that failed. */
  readonly log?: Log;
}

/** A server with a Nest application behind it. */
export interface NestServer extends HttpServer {
  /** A provider of the module, by its token. */
  readonly get: <T>(token: string | symbol) => T;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Starts a Nest application around the module and serves the routes.
 *
 * Nest gives wiring and lifecycle; routes stand on the Fastify instance below it, where streams and raw bodies
 * need no detour. The routes may depend on the module's providers: `get` gives them.
 *
 * @throws Error that says which address is taken and what to do.
 */
export async function serve(
  module: DynamicModule,
  routes: (http: FastifyInstance, get: NestServer['get']) => void,
  options: ServeOptions,
): Promise<NestServer> {
  const adapter = new FastifyAdapter(settingsOf(options));
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: options.log ? false : ['error', 'fatal'],
    abortOnError: false,
  });
  const get = <T>(token: string | symbol) => app.get<T>(token, { strict: false });
  const http = adapter.getInstance() as unknown as FastifyInstance;
  try {
    logFailures(http, options.log);
    routes(http, get);
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    throw explained(error, options);
  }
  const stopRenewing = renewCertificates(http, options.tls);
  return {
    url: addressOf(http, options),
    get,
    close() {
      stopRenewing();
      return app.close();
    },
  };
}

/**
 * Serves routes without an application around them, for a second listener of a process.
 *
 * @throws Error that says which address is taken and what to do.
 */
export async function listen(routes: Routes, options: ServeOptions): Promise<HttpServer> {
  const http = fastify(settingsOf(options)) as unknown as FastifyInstance;
  logFailures(http, options.log);
  http.setErrorHandler<FastifyError>((error, _, reply) => {
    const status = error.statusCode ?? 500;
    // What broke inside is for the log, not for whoever asks.
    return reply.code(status).send({ error: status >= 500 ? 'Internal error' : error.message });
  });
  routes(http);
  try {
    await http.listen({ host: options.host, port: options.port });
  } catch (error) {
    await http.close();
    throw explained(error, options);
  }
  const stopRenewing = renewCertificates(http, options.tls);
  return {
    url: addressOf(http, options),
    close() {
      stopRenewing();
      return http.close();
    },
  };
}

/** How Fastify is set up for the options. */
export function settingsOf({
  bodyBytesMax = BODY_BYTES_MAX,
  tls,
  requestMilliseconds,
}: Omit<ServeOptions, 'host' | 'port' | 'log'>) {
  const server = {
    // How often slow requests are looked for; Node's 30 seconds would make a limit of 25 one of 55.
    ...(requestMilliseconds !== undefined && {
      connectionsCheckingInterval: Math.min(5_000, requestMilliseconds / 4),
      requestTimeout: requestMilliseconds,
      // Node takes the longer of the two for the whole request.
      headersTimeout: Math.ceil(requestMilliseconds / 2),
    }),
  };
  const clients = tls?.clientCa !== undefined && { requestCert: true, rejectUnauthorized: true };
  return {
    bodyLimit: bodyBytesMax,
    forceCloseConnections: 'idle' as const,
    ...(requestMilliseconds !== undefined && { requestTimeout: requestMilliseconds }),
    ...(tls ? { https: { ...server, ...secureContext(tls), ...clients } } : { http: server }),
  };
}

function logFailures(http: FastifyInstance, log: Log | undefined): void {
  http.addHook('onError', async (request, _, error) => {
    const fields = { method: request.method, route: request.routeOptions.url, error };
    // What the client did wrong is the client's to know.
    if ((error.statusCode ?? 500) >= 500) log?.error('A request failed', fields);
    else log?.debug('A request was refused', fields);
  });
}

function secureContext({ cert, key, clientCa }: TlsFiles) {
  return {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(clientCa !== undefined && { ca: readFileSync(clientCa) }),
    minVersion: 'TLSv1.2' as const,
  };
}

const RENEWAL_MILLISECONDS = 60_000;

/** Looks now and then whether the files changed; a pair that does not fit yet is tried again later. */
function renewCertificates(http: FastifyInstance, tls: TlsFiles | undefined): () => void {
  if (!tls) return () => {};
  const content = () =>
    Object.values(tls)
      .map((path: string) => readFileSync(path, 'utf8'))
      .join('\n');
  let used = content();
  const timer = setInterval(() => {
    try {
      const found = content();
      if (found === used) return;
      (http.server as unknown as Server).setSecureContext(secureContext(tls));
      used = found;
    } catch {
      // Half-written: what is in use stays in use.
    }
  }, RENEWAL_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The address that a server listens on, as a URL. */
export function addressOf(http: FastifyInstance, { host, tls }: Pick<ServeOptions, 'host' | 'tls'>): string {
  const address = http.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const named = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${named}:${port}`;
}

/** An error of listening in words that say what to do; any other as it is. */
export function explained(error: unknown, { host, port }: Pick<ServeOptions, 'host' | 'port'>): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new Error(
      `Port ${port} on ${host} is in use: stop what listens there, or choose another port (--port, or HTTP_PORT)`,
      {
        cause: error,
      },
    );
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new Error(
      `Cannot listen on ${host}:${port} (${code}): choose another address (--host and --port, or HTTP_HOST and HTTP_PORT)`,
      {
        cause: error,
      },
    );
  }
  return error as Error;
}
