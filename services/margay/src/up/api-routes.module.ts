import { apiRoutes, type RoutesOptions } from '@margay/api';
import { VERSION } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** Who may see what, and under which names. */
export type ApiRoutesOptions = Pick<RoutesOptions, 'access' | 'hosts' | 'cluster'>;

const OPTIONS = 'API_ROUTES_OPTIONS';

/** The routes of the api, on the server of the process. */
@Module({})
export class ApiRoutesModule implements OnModuleInit {
  readonly #options: ApiRoutesOptions;
  readonly #stores: Stores;
  readonly #host: HttpAdapterHost;

  constructor(
    @Inject(OPTIONS) options: ApiRoutesOptions,
    @Inject(STORES) stores: Stores,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
  ) {
    this.#options = options;
    this.#stores = stores;
    this.#host = host;
  }

  static over(options: ApiRoutesOptions, ...adapters: readonly DynamicModule[]): DynamicModule {
    return {
      module: ApiRoutesModule,
      imports: [...adapters],
      providers: [{ provide: OPTIONS, useValue: options }],
    };
  }

  onModuleInit(): void {
    const http = this.#host.httpAdapter.getInstance<FastifyInstance>();
    apiRoutes(http, { ...this.#options, version: VERSION, stores: this.#stores });
  }
}
