import type { DynamicModule } from '@nestjs/common';
import * as z from 'zod';
import {
  ConfigurationError,
  readConfig,
  type Environment,
  type SettingsSchema,
} from '../config/read-config.ts';
import { processSettings } from '../config/settings.ts';
import { openLog, type Log } from '../log.ts';
import { reasonOf } from '../shown.ts';
import { stopSignal } from '../stop.ts';
import type { TlsFiles } from './http/tls-files.ts';
import { startApplication, type RunningApplication } from './start-application.ts';
import { TracingModule } from './tracing.module.ts';

/** A service: its settings, and the module that they make. */
export interface Service<S extends SettingsSchema> {
  /** As in its folder, its logs and its topics’ groups: `audit-ingestor`. */
  readonly name: string;
  /** Its own settings; those of every process (`processSettings`) come with it. */
  readonly config: S;
  /** Its module, with the adapters that the settings name behind its ports. */
  readonly module: (config: z.output<S>) => DynamicModule;
  /** The files of the certificate that it serves with, health and metrics too; by plain HTTP unless given. */
  readonly tls?: (config: z.output<S>) => TlsFiles | undefined;
}

/** Where a service runs. */
export interface Surroundings {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Standard output unless given. */
  readonly log?: Log;
}

/**
 * Starts a service as its environment says.
 *
 * @throws ConfigurationError for its settings, or what kept it from starting.
 */
export async function startService<S extends SettingsSchema>(
  { name, config, module, tls }: Service<S>,
  { environment, signal, log: given }: Surroundings,
): Promise<RunningApplication> {
  const { own, shared } = readSettings(config, environment);
  const files = tls?.(own);
  return startApplication({
    modules: [TracingModule.as(name, shared), module(own)],
    log: given ?? openLog({ service: name, level: shared.LOG_LEVEL }),
    host: shared.HTTP_HOST,
    port: shared.HTTP_PORT,
    ...(files && { tls: files }),
    signal,
    stopSeconds: shared.STOP_TIMEOUT_SECONDS,
  });
}

/**
 * Runs a service as this process, and ends it: with 0 when it was asked to stop (SIGTERM, SIGINT) and did, else with 1
 * and one line that says why.
 */
export async function runService<S extends SettingsSchema>(service: Service<S>): Promise<never> {
  const fatal = (error: unknown): never => {
    const log = openLog({ service: service.name });
    if (error instanceof ConfigurationError) process.stderr.write(`${service.name}: ${error.message}\n`);
    else log.error('The service ended', { reason: reasonOf(error), error });
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

/** The settings of the service and of its process; what is wrong with either is told at once. */
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
