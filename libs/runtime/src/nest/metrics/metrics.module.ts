import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../../metrics/metrics.ts';
import { onUnroutable } from '../http/listener.ts';
import { METRICS } from '../tokens.ts';
import { MetricsController } from './metrics.controller.ts';

/** What the process counts and measures, the time of each request by its route among it. */
@Module({ controllers: [MetricsController] })
export class MetricsModule implements OnModuleInit {
  readonly #metrics: Metrics;
  readonly #host: HttpAdapterHost;

  constructor(@Inject(METRICS) metrics: Metrics, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#metrics = metrics;
    this.#host = host;
  }

  onModuleInit(): void {
    // An application without HTTP has no adapter.
    const http = this.#host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    if (http === undefined) return;
    http.addHook('onResponse', async (request, reply) => this.#observe(request, reply));
    onUnroutable(http, (request, reply) => this.#observe(request, reply));
  }

  #observe(request: FastifyRequest, reply: FastifyReply): void {
    this.#metrics.httpSeconds.observe(reply.elapsedTime / 1000, {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
    });
  }
}
