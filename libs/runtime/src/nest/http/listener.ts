import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { silentLog, type Log } from '../../log.ts';
import { nestLog } from '../nest-log.ts';
import { renewCertificates, secureContext, type TlsFiles } from './tls-files.ts';

/** A listener that is open. */
export interface HttpServer {
  /** The address that is listened on, as a URL. */
  readonly url: string;
  /** Stops listening, lets running requests finish, and closes what the module opened. */
  close(): Promise<void>;
}

/** What requests are taken. */
interface HttpOptions {
  readonly bodyBytesMax?: number;
  readonly tls?: TlsFiles;
  /** The longest that reading one request, body included, may take; no limit unless set. */
  readonly requestMilliseconds?: number;
}

/** Where and how something is served. */
export interface ServeOptions extends HttpOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Told of requests that failed. */
  readonly log?: Log;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Opens another listener of a process: a Nest application of its own, apart from the process's, which takes bodies as they are.
 *
 * @throws Error that says which address is taken and what to do.
 */
export async function openListener(module: DynamicModule, options: ServeOptions): Promise<HttpServer> {
  const { app, http } = await applicationOf(module, options.log ?? silentLog, options);
  closeAsTheyBecomeIdle(http);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    throw explained(error, options);
  }
  const stopRenewing = renewCertificates(http, options.tls, options.log ?? silentLog);
  return {
    url: addressOf(http, options),
    close() {
      stopRenewing();
      return app.close();
    },
  };
}

/** An application of a module that listens nowhere yet, and what of it answers requests. */
export async function applicationOf(
  module: DynamicModule,
  log: Log,
  options: HttpOptions,
): Promise<{ readonly app: NestFastifyApplication; readonly http: FastifyInstance }> {
  const adapter = new FastifyAdapter(settingsOf(options));
  const http = adapter.getInstance() as unknown as FastifyInstance;
  leaveBodies(http);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLog(log),
    abortOnError: false,
    bodyParser: false,
  });
  return { app, http };
}

/** Bodies stay where they come from until a route reads one: nothing is read for who may not even ask. */
function leaveBodies(http: FastifyInstance): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

/** What of a body nobody read is let go once the answer is sent: else its connection would wait for a reader. */
export function discardUnread(http: FastifyInstance): void {
  http.addHook('onResponse', ({ raw }, _reply, done) => {
    raw.resume();
    done();
  });
}

/**
 * While it closes, connections are closed as they become idle: one whose request was answered before all of its body had come is not yet
 * when closing begins, and would then be kept for a next request that nobody may make.
 */
export function closeAsTheyBecomeIdle(http: FastifyInstance): void {
  http.addHook('preClose', (done) => {
    const timer = setInterval(() => http.server.closeIdleConnections(), IDLE_CHECK_MILLISECONDS);
    // What never listened never closes.
    timer.unref();
    http.server.once('close', () => clearInterval(timer));
    done();
  });
}

const IDLE_CHECK_MILLISECONDS = 50;

/** Names of Kubernetes have up to 253 characters, and ids that are made of them; Fastify finds no route beyond 100. */
const PARAMETER_LENGTH_MAX = 2_048;

/** How Fastify is set up for the options. */
function settingsOf({ bodyBytesMax = BODY_BYTES_MAX, tls, requestMilliseconds }: HttpOptions) {
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
  // Who has not shaken hands has not begun a request, which no limit of requests would end; Node gives him two minutes.
  const handshake = requestMilliseconds !== undefined && { handshakeTimeout: server.headersTimeout };
  return {
    bodyLimit: bodyBytesMax,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    frameworkErrors: answerUnroutable,
    forceCloseConnections: 'idle' as const,
    ...(requestMilliseconds !== undefined && { requestTimeout: requestMilliseconds }),
    ...(tls ? { https: { ...server, ...handshake, ...secureContext(tls), ...clients } } : { http: server }),
  };
}

/** It is no page, and nothing that a page may load or frame. */
const NO_PAGE = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

/** Who is told of requests that reach no route, by the application that they came to. */
const UNROUTABLE = new WeakMap<FastifyInstance, (request: FastifyRequest, reply: FastifyReply) => void>();

/** Has somebody told of each request that reaches no route, so no hook, once it is known how it is answered. */
export function onUnroutable(
  http: FastifyInstance,
  told: (request: FastifyRequest, reply: FastifyReply) => void,
): void {
  UNROUTABLE.set(http, told);
}

/** A path that cannot be decoded reaches no route, so no filter and no middleware. It is answered as any other request that is refused. */
function answerUnroutable(
  { statusCode: status = 400, message: detail }: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void reply.code(status);
  UNROUTABLE.get(request.server)?.(request, reply);
  void reply
    .headers(NO_PAGE)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: 'Bad request', status, detail }));
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
