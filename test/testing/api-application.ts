import type { Authority } from '@margay/api';
import { ApiModule, type ApiOptions } from '@margay/api/module';
import { type Log, openMetrics, silentLog, type Metrics } from '@margay/runtime';
import { ProcessModule } from '@margay/runtime/nest';
import { cellOver, type Stores } from '@margay/storage';
import { CELL, STORES } from '@margay/storage/nest';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RouteOptions } from 'fastify';
import { Test } from '@nestjs/testing';

/** What is served, to whom. */
export interface ApiHere {
  readonly stores: Stores;
  readonly access: Authority;
  readonly hosts?: readonly string[];
  /** Proxies in front, ways to sign in, limits, where copies are kept. */
  readonly door?: Pick<ApiOptions, 'proxies' | 'signIn' | 'limits' | 'sink'>;
  readonly cluster?: string;
  /** Other clusters, that the same people may see unless it is said who may. */
  readonly others?: ReadonlyMap<string, Stores>;
  readonly accessIn?: (cluster: string) => Authority | Promise<Authority>;
  readonly metrics?: Metrics;
  readonly log?: Log;
  /** Told of every route that is made. */
  readonly onRoute?: (route: RouteOptions) => void;
}

/** The API over these stores, which stay open when it is closed. */
export const apiOver = ({ stores, cluster = 'recorded', others, access, accessIn, hosts, door }: ApiHere) =>
  ApiModule.over(
    {
      cluster,
      access: () => access,
      ...(others && {
        others: { access: accessIn ?? (() => access), isOneAuthority: accessIn === undefined },
      }),
      ...(hosts && { hosts }),
      ...door,
    },
    {
      module: class Given {},
      providers: [
        { provide: STORES, useValue: stores },
        { provide: CELL, useValue: cellOver(new Map([[cluster, stores], ...(others ?? [])])) },
      ],
      exports: [CELL, STORES],
    },
  );

/** An application that answers `inject`; `listen` lets others ask it. */
export async function apiHere(options: ApiHere): Promise<NestFastifyApplication> {
  const module = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: options.log ?? silentLog, metrics: options.metrics ?? openMetrics() }),
      apiOver(options),
    ],
  }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: false },
  );
  if (options.onRoute) app.getHttpAdapter().getInstance().addHook('onRoute', options.onRoute);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

/** Listens on a free port. */
export async function addressOf(app: NestFastifyApplication): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}
