import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

export type Routes = (http: FastifyInstance) => void;

export interface HttpServer {
  /** The address that is listened on, as a URL. */
  readonly url: string;
  /** Stops listening, lets running requests finish, and closes what the module opened. */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly bodyBytesMax?: number;
}

/**
 * Starts a Nest application around the module and serves the routes.
 *
 * Nest gives wiring and lifecycle; routes stand on the Fastify instance below it, where streams and raw bodies
 * need no detour.
 *
 * @throws Error that says which address is taken and what to do.
 */
export async function serve(
  module: DynamicModule,
  routes: Routes,
  { host, port, bodyBytesMax = 64 * 1024 * 1024 }: ServeOptions,
): Promise<HttpServer> {
  const adapter = new FastifyAdapter({ bodyLimit: bodyBytesMax, forceCloseConnections: 'idle' });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: ['error', 'fatal'] });
  routes(adapter.getInstance() as unknown as FastifyInstance);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new Error(`Port ${port} on ${host} is in use: stop what listens there, or choose another with --port`, {
        cause: error,
      });
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
      throw new Error(`Cannot listen on ${host}:${port} (${code}): choose another address with --host and --port`, {
        cause: error,
      });
    }
    throw error;
  }
  return { url: await app.getUrl(), close: () => app.close() };
}
