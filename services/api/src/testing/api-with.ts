import { openMetrics, silentLog } from '@margay/runtime';
import { ProcessModule } from '@margay/runtime/nest';
import type { DynamicModule } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

/** What is of the process: nobody reads its log, and its clock is the machine's, unless given. */
type OfProcess = Partial<Pick<Parameters<typeof ProcessModule.with>[0], 'log' | 'metrics' | 'clock'>>;

/** An application of these modules that answers `inject`. One that does not start is closed. */
export async function apiWith(
  modules: readonly DynamicModule[],
  ofProcess: OfProcess = {},
): Promise<NestFastifyApplication> {
  const module = await Test.createTestingModule({
    imports: [ProcessModule.with({ log: silentLog, metrics: openMetrics(), ...ofProcess }), ...modules],
  }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  try {
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}
