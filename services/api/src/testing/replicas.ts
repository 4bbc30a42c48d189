import { openMetrics, silentLog } from '@margay/runtime';
import { ProcessModule } from '@margay/runtime/nest';
import { openEmbedded } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import type { Authority } from '../access/access.ts';
import { ApiModule, type ApiOptions } from '../api.module.ts';

/** So many APIs over one store, as replicas are, with a clock that stands until it is put forward. */
export async function replicas(count: number, authority: Authority, options: Partial<ApiOptions> = {}) {
  const stores = openEmbedded(':memory:');
  const clock = { now: 1_764_086_400_000_000 };
  const apps: NestFastifyApplication[] = [];
  for (let i = 0; i < count; i++) {
    const module = await Test.createTestingModule({
      imports: [
        ProcessModule.with({ log: silentLog, metrics: openMetrics(), clock: () => clock.now }),
        ApiModule.over(
          { cluster: 'here', access: () => authority, ...options },
          { module: class Given {}, providers: [{ provide: STORES, useValue: stores }], exports: [STORES] },
        ),
      ],
    }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    apps.push(app);
  }
  onTestFinished(async () => {
    for (const app of apps) await app.close();
    await stores.close();
  });
  return { apps, stores, clock };
}
