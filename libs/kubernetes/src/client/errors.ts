import { jsonOf } from '@margay/ground';
import { ConnectionSettingsError } from './connection.ts';

/** The API server's own account of what went wrong: a `Status` object. */
interface StatusObject {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly metadata?: { readonly continue?: string };
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
}

/** Which part failed, wherever the error is told. */
const PART = 'Kubernetes API';

/** The API server answered and said no. */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError';
  readonly part = PART;
  /** As in HTTP: 403, 404, 409, 410, 422, 429, 5xx. */
  readonly code: number;
  /** The API's word for it: `Forbidden`, `NotFound`, `AlreadyExists`, `Conflict`, `Expired` …; empty if unsaid. */
  readonly reason: string;
  /** The server's own sentence, without what was asked. */
  readonly said: string;
  /** How long the server asks us to wait. */
  readonly retryAfterSeconds?: number;

  constructor(asked: string, code: number, reason: string, said: string, retryAfterSeconds?: number) {
    super(`${PART}: ${asked}: ${code}${reason && ` ${reason}`}: ${said}`);
    this.code = code;
    this.reason = reason;
    this.said = said;
    if (retryAfterSeconds !== undefined) this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer came: no connection, a broken one, a certificate that is not trusted, or silence for too long. */
export class ApiUnreachableError extends Error {
  override readonly name = 'ApiUnreachableError';
  readonly part = PART;

  constructor(said: string, options?: ErrorOptions) {
    super(`${PART}: ${said}`, options);
  }
}

/**
 * The error that a refusing answer describes, whether its body is a `Status` or something else.
 *
 * @param remark what we know of it ourselves.
 */
export function statusError(
  asked: string,
  code: number,
  body: string,
  retryAfter?: string,
  remark?: string,
): ApiStatusError {
  const status = statusIn(body);
  const seconds = status?.details?.retryAfterSeconds ?? (Number(retryAfter) || undefined);
  const sentence = (status === undefined ? plainWords(body) : status.message) || 'no reason given';
  const whole = remark === undefined ? sentence : `${sentence}. ${remark}`;
  return new ApiStatusError(asked, code, status?.reason ?? '', whole, seconds);
}

/** The error that an `ERROR` event of a watch carries. */
export function watchError(asked: string, object: unknown): ApiStatusError {
  const { code = 500, reason = '', message = 'no reason given', details } = (object ?? {}) as StatusObject;
  return new ApiStatusError(asked, code, reason, message, details?.retryAfterSeconds);
}

/**
 * Whether the resourceVersion that we hold is of no use any more, so that only a new list helps: compacted away
 * (410), or never reached, because the server's storage was restored from a backup.
 */
export function isExpired(error: unknown): error is ApiStatusError {
  if (!(error instanceof ApiStatusError)) return false;
  return error.code === 410 || error.reason === 'Expired' || isAhead(error);
}

/** Whether the resourceVersion is ahead of the server: of a storage that it does not have any more, or that it is behind of. */
export const isAhead = ({ said }: ApiStatusError): boolean =>
  /too large resource version|future revision/i.test(said);

/** Whether asking again later may help: the server refused or was away, or a token could not be read just now. */
export function isTransient(
  error: unknown,
): error is ApiStatusError | ApiUnreachableError | ConnectionSettingsError {
  return (
    error instanceof ApiStatusError ||
    error instanceof ApiUnreachableError ||
    error instanceof ConnectionSettingsError
  );
}

/** Whether nothing has this name (any more). */
export function isNotFound(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && error.code === 404;
}

/** Whether a right is lacking. */
export function isForbidden(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && error.code === 403;
}

/** Whether somebody else wrote the object since we read it. */
export function isConflict(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && error.code === 409 && error.reason !== 'AlreadyExists';
}

/** Whether the name is taken. */
export function isTaken(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && error.reason === 'AlreadyExists';
}

/** What is answered in plain text by the API server itself and what stands before it; any other text may hold anything. */
const PLAIN_WORDS =
  /^(404 page not found|Unauthorized|Forbidden|Service Unavailable|Bad Gateway|Gateway Time-?out|Too many requests, please try again later\.|apiserver received an error that is not an metav1\.Status|http: Handler timeout|the request timed out)\.?$/i;

function plainWords(body: string): string {
  const text = body.trim();
  if (text === '' || PLAIN_WORDS.test(text)) return text;
  return `an answer of ${text.length} characters that is none of Kubernetes'`;
}

function statusIn(body: string): StatusObject | undefined {
  const read = jsonOf(body);
  const value = 'value' in read ? (read.value as { kind?: unknown } | null) : undefined;
  return value?.kind === 'Status' ? (value as StatusObject) : undefined;
}
