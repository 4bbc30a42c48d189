import { pino, type DestinationStream } from 'pino';
import { reasonOf, shownText, stackOf } from './shown.ts';
import { currentTrace } from './tracing/trace.ts';

/** What a log line says beside its message: values by name. Values of secret-sounding names are not written. */
export type Fields = Readonly<Record<string, unknown>>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Structured logs: the message is constant, what varies is in the fields.
 *
 * WARN is odd but nothing is lost; ERROR means that evidence is lost or a person must act.
 */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same log with fields that every line has. */
  with(fields: Fields): Log;
}

export interface LogOptions {
  /** Whose log it is: field `service`. */
  readonly service: string;
  readonly level?: LogLevel;
  /** Standard output unless given. */
  readonly to?: DestinationStream;
}

/**
 * Opens a log: one JSON object a line, with `time` (RFC 3339), `level` and `service`.
 *
 * Lines written within a span carry its `trace`, which is the correlation id from an audit event to its report.
 */
export function openLog({
  service,
  level = 'info',
  to = pino.destination({ fd: 1, sync: true }),
}: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: { service },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields) as Record<string, unknown>,
      },
      mixin: () => {
        const trace = currentTrace()?.traceId;
        return trace === undefined ? {} : { trace };
      },
    },
    to,
  );
  return logOn(logger);
}

/** A log that writes nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLog,
};

function logOn(logger: pino.Logger): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields: Fields = {}) =>
      logger[level](fields, message);
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => logOn(logger.child(withoutSecrets(fields) as object)),
  };
}

const SECRET_NAME = /password|passwd|secret|token|authorization|credential|api_?key|private_?key|cookie/i;
const DEPTH_MAX = 6;

/** The value as it may be written: errors as objects, secrets and credentials taken out. */
function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return shownText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEPTH_MAX) return '…';
  if (value instanceof Error) {
    const { name, cause } = value;
    const { code } = value as NodeJS.ErrnoException;
    return {
      name,
      message: reasonOf(value),
      ...(code !== undefined && { code }),
      stack: stackOf(value),
      ...(cause !== undefined && { cause: withoutSecrets(cause, depth + 1) }),
    };
  }
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) && (typeof item === 'string' || typeof item === 'object')
        ? '(not shown)'
        : withoutSecrets(item, depth + 1),
    ]),
  );
}
