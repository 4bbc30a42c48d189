import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { openMetrics } from '../../metrics/metrics.ts';
import { ProcessModule, type ProcessParts } from '../process.module.ts';
import { applicationOf } from './listener.ts';

/** An application that listens nowhere: another one hands requests on to it. */
export interface ApplicationBehind {
  /** Answers a request as if it had come here. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/**
 * Opens an application behind another of the process. It shares nothing with it but what its module is given; requests are counted by
 * the one that they came to.
 *
 * @throws what kept it from starting.
 */
export async function openBehind(
  module: DynamicModule,
  { log, clock }: Pick<ProcessParts, 'log' | 'clock'>,
): Promise<ApplicationBehind> {
  const parts = { log, metrics: openMetrics({ defaults: false }), ...(clock && { clock }) };
  const { app, http } = await applicationOf(
    { module: class Behind {}, imports: [ProcessModule.with(parts), module] },
    log,
    {},
  );
  try {
    await app.init();
    await http.ready();
  } catch (error) {
    await app.close();
    throw error;
  }
  return { answer: (request, response) => http.routing(request, response), close: () => app.close() };
}
