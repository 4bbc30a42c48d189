import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Log } from './log.ts';
import {
  addressOf,
  explained,
  renewCertificates,
  settingsOf,
  type HttpServer,
  type ServeOptions,
} from './nest/http/listener.ts';

/** A server with a Nest application behind it. */
export interface NestServer extends HttpServer {
  /** A provider of the module, by its token. */
  readonly get: <T>(token: string | symbol) => T;
}

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

function logFailures(http: FastifyInstance, log: Log | undefined): void {
  http.addHook('onError', async (request, _, error) => {
    const fields = { method: request.method, route: request.routeOptions.url, error };
    // What the client did wrong is the client's to know.
    if ((error.statusCode ?? 500) >= 500) log?.error('A request failed', fields);
    else log?.debug('A request was refused', fields);
  });
}
