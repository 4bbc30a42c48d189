import 'reflect-metadata';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  addressOf,
  applicationOf,
  closeAsTheyBecomeIdle,
  discardUnread,
  explained,
} from './http/listener.ts';
import { renewCertificates, type TlsFiles } from './http/tls-files.ts';
import type { Log } from '../log.ts';
import { openMetrics, type Metrics } from '../metrics/metrics.ts';
import { ProcessModule } from './process.module.ts';
import { Stages, type StagesOptions } from './stages.ts';
import type { Clock } from './tokens.ts';
import { Transports } from './transports.ts';

/** What an application is made of and where it runs. */
export interface ApplicationOptions extends StagesOptions {
  readonly modules: NonNullable<ModuleMetadata['imports']>;
  readonly log: Log;
  /** Metrics of its own unless given. */
  readonly metrics?: Metrics;
  /** That of the machine unless given. */
  readonly clock?: Clock;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Serves by TLS with these files; without it unless given. */
  readonly tls?: TlsFiles;
  /** Stops it. */
  readonly signal: AbortSignal;
  /** The longest that one request may take to come, body included; 15 s unless set. */
  readonly requestMilliseconds?: number;
  /** How long a stop may take; 25 s unless set. */
  readonly stopSeconds?: number;
}

const REQUEST_MILLISECONDS = 15_000;

/** An application that runs. */
export interface RunningApplication {
  readonly url: string;
  /** Fulfilled when it has stopped as asked; rejected with what ended it otherwise. */
  readonly ended: Promise<void>;
  /** A provider, by its token. */
  readonly get: NestFastifyApplication['get'];
}

/**
 * Starts a Nest application: HTTP with health and metrics, the topics of its controllers, its stages.
 *
 * It stops when the signal is aborted, or when a stage fails that is not started again: it is not ready at once, finishes and
 * commits what is at hand, and then closes what its modules opened.
 *
 * @throws what kept it from starting; of an address that is taken, what to do.
 */
export async function startApplication(options: ApplicationOptions): Promise<RunningApplication> {
  const { modules, metrics = openMetrics(), signal, stopSeconds = 25, ...rest } = options;
  const { requestMilliseconds = REQUEST_MILLISECONDS, tls, ...parts } = rest;
  const { log } = parts;
  const { app, http } = await applicationOf(
    {
      module: class Application {},
      imports: [ProcessModule.with({ ...parts, metrics }), ...modules],
    },
    log,
    { requestMilliseconds, ...(tls && { tls }) },
  );
  discardUnread(http);
  closeAsTheyBecomeIdle(http);
  try {
    connectTransports(app);
    await app.listen({ host: options.host, port: options.port });
    await app.startAllMicroservices();
  } catch (error) {
    await app.close();
    throw explained(error, options);
  }
  const url = addressOf(http, options);
  log.info('Started', { url });
  const stopRenewing = renewCertificates(http, tls, log);

  const stop = async () => {
    log.info('Stopping');
    stopRenewing();
    await app.close();
    log.info('Stopped');
  };
  const ended = Promise.race([aborted(signal), app.get(Stages).failure]).then(
    () => within(stopSeconds, stop),
    async (error: unknown) => {
      await within(stopSeconds, stop).catch(() => undefined);
      throw error;
    },
  );
  return { url, ended, get: app.get.bind(app) as NestFastifyApplication['get'] };
}

/** Connects what brings messages beside HTTP; `startAllMicroservices` begins with it. */
export function connectTransports(app: INestApplication): void {
  for (const strategy of app.get(Transports).all)
    app.connectMicroservice({ strategy }, { inheritAppConfig: true });
}

const aborted = (signal: AbortSignal) =>
  signal.aborted
    ? Promise.resolve()
    : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

async function within(seconds: number, work: () => Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new Error(
          `Did not stop within ${seconds} seconds: what was at hand is done again after the next start`,
        ),
      ),
    seconds * 1_000,
  );
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
