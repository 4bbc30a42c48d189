import { openEmbedded } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { onTestFinished } from 'vitest';
import type { Authority } from '../access/access.ts';
import { ApiModule, type ApiOptions } from '../api.module.ts';
import { apiWith } from './api-with.ts';

/** So many APIs over one store, as replicas are, with a clock that stands until it is put forward. */
export async function replicas(count: number, authority: Authority, options: Partial<ApiOptions> = {}) {
  const stores = openEmbedded(':memory:');
  const clock = { now: 1_764_086_400_000_000 };
  const apps: NestFastifyApplication[] = [];
  for (let i = 0; i < count; i++) {
    const given = {
      module: class Given {},
      providers: [{ provide: STORES, useValue: stores }],
      exports: [STORES],
    };
    const api = ApiModule.over({ cluster: 'here', access: () => authority, ...options }, given);
    apps.push(await apiWith([api], { clock: () => clock.now }));
  }
  onTestFinished(async () => {
    for (const app of apps) await app.close();
    await stores.close();
  });
  return { apps, stores, clock };
}
