import type { DynamicModule } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import {
  ConfigurationError,
  readConfig,
  type Environment,
  type SettingsSchema,
} from './config/read-config.ts';
import { processSettings, type ProcessConfig } from './config/settings.ts';
import { healthRoutes, observeRequests, type Checks } from './health.ts';
import { serve, type NestServer } from './http.ts';
import { openLog, type Log } from './log.ts';
import { openMetrics, type Metrics } from './metrics/metrics.ts';
import { keepRunning, type RunningStages, type Stages } from './stages.ts';
import { stopSignal } from './stop.ts';
import { exportSpans } from './tracing/export-spans.ts';

/** What a service gets from the process that it runs in. */
export interface Process<C> {
  /** The service's own settings, parsed. */
  readonly config: C;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
}

/** Gives a provider of the service's module, by its token. */
export type Get = NestServer['get'];

/** A service: what it is made of and what it does, without how processes start and stop. */
export interface Service<S extends SettingsSchema> {
  /** As in its folder, its logs and its topics’ groups: `audit-ingestor`. */
  readonly name: string;
  /** Its own settings; those of every process (`processSettings`) come with it. */
  readonly config: S;
  /** The wiring: which adapter stands behind each port. */
  module(process: Process<z.output<S>>): DynamicModule;
  /** What it serves beside `/healthz`, `/readyz` and `/metrics`. */
  routes?(http: FastifyInstance, get: Get, process: Process<z.output<S>>): void;
  /** When it should get work. */
  checks?(get: Get, process: Process<z.output<S>>): Checks;
  /**
   * Its work. It runs until the signal is aborted, and is fulfilled when what was at hand is done and committed;
   * fulfilled earlier it is a preparation, and the service goes on serving. Rejected, it ends the process.
   */
  start?(get: Get, process: Process<z.output<S>>): Promise<void>;
  /** Its work in pieces that are kept running; each has a readiness check of its name. See `keepRunning`. */
  stages?(get: Get, process: Process<z.output<S>>): Stages;
  /** Closes what the module opened. Called last, when nothing is served and no work runs any more. */
  stop?(get: Get): Promise<void>;
}

/** A service that runs. */
export interface RunningService {
  readonly url: string;
  /** Fulfilled when the service has stopped as asked; rejected with what ended it otherwise. */
  readonly ended: Promise<void>;
}

/** Where a service runs. */
export interface Surroundings {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Standard output unless given. */
  readonly log?: Log;
}

/**
 * Starts a service. It stops when the signal is aborted: it is not ready at once, takes no new requests, finishes and
 * commits what is at hand, then closes.
 *
 * @throws ConfigurationError for its settings, or what kept it from starting.
 */
export async function startService<S extends SettingsSchema>(
  service: Service<S>,
  { environment, signal, log: given }: Surroundings,
): Promise<RunningService> {
  const { own, shared } = readSettings(service.config, environment);
  const log = given ?? openLog({ service: service.name, level: shared.LOG_LEVEL });
  const metrics = openMetrics();
  const flushSpans = sendSpans(service.name, shared, log);

  // Whatever ends the service, the work is told by this signal.
  const ending = new AbortController();
  const work = AbortSignal.any([signal, ending.signal]);
  const process: Process<z.output<S>> = { config: own, log, metrics, signal: work };
  let state: string | undefined = 'starting';
  let stages: RunningStages | undefined;
  const server = await serve(
    service.module(process),
    (http, get) => {
      stages = keepRunning(service.stages?.(get, process) ?? {}, { signal: work, log });
      const checks = { ...service.checks?.(get, process), ...stages.checks };
      observeRequests(http, metrics);
      healthRoutes(http, { ...checks, running: () => (work.aborted ? 'stopping' : state) }, metrics);
      service.routes?.(http, get, process);
    },
    { host: shared.HTTP_HOST, port: shared.HTTP_PORT, log },
  );
  const run = Promise.all([service.start?.(server.get, process), stages?.run()]);
  state = undefined;
  log.info('Started', { url: server.url });

  const stop = async () => {
    log.info('Stopping');
    ending.abort();
    const results = await Promise.allSettled([run, server.close()]);
    await service.stop?.(server.get);
    await flushSpans();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    log.info('Stopped');
  };
  const ended = Promise.race([aborted(work), run.then(() => aborted(work))]).then(
    () => within(shared.STOP_TIMEOUT_SECONDS, stop),
    async (error: unknown) => {
      await within(shared.STOP_TIMEOUT_SECONDS, stop).catch(() => undefined);
      throw error;
    },
  );
  return { url: server.url, ended };
}

/**
 * Runs a service as this process, and ends it: with 0 when it was asked to stop (SIGTERM, SIGINT) and did, else with 1
 * and one line that says why.
 */
export async function runService<S extends SettingsSchema>(service: Service<S>): Promise<never> {
  const fatal = (error: unknown): never => {
    const log = openLog({ service: service.name });
    if (error instanceof ConfigurationError) process.stderr.write(`${service.name}: ${error.message}\n`);
    else
      log.error('The service ended', {
        reason: error instanceof Error ? error.message : String(error),
        error,
      });
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  try {
    const { ended } = await startService(service, { environment: process.env, signal: stopSignal() });
    await ended;
  } catch (error) {
    fatal(error);
  }
  process.exit(0);
}

function readSettings<S extends SettingsSchema>(config: S, environment: Environment) {
  const problems: string[] = [];
  const read = <T extends SettingsSchema>(schema: T): z.output<T> | undefined => {
    try {
      return readConfig(schema, environment);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const own = read(config);
  const shared = read(z.object(processSettings));
  if (own === undefined || shared === undefined) throw new ConfigurationError(problems.join('\n'));
  return { own, shared };
}

function sendSpans(service: string, config: ProcessConfig, log: Log): () => Promise<void> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = config;
  if (endpoint === undefined) return async () => {};
  return exportSpans({ endpoint, ...(headers !== undefined && { headers }), service, log });
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
