import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createSecureContext } from 'node:tls';
import { ConnectionSettingsError, type Connection, type SignIn } from './connection.ts';
import { ApiUnreachableError } from './errors.ts';
import { expiryOf } from './oidc.ts';

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query below the server's own path. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte from the server after which we hang up. */
  readonly silenceMilliseconds: number;
}

/** The answer's head; its body is still to be read. */
export interface WireAnswer {
  readonly code: number;
  readonly header: (name: string) => string | undefined;
  /** The body as text, in pieces as they come. Leaving the loop early hangs up. */
  readonly pieces: AsyncIterable<string>;
  /** Whose credentials were refused, and why as far as can be seen, where the code is 401. */
  readonly refused?: string;
}

/** Sends requests to one API server over connections that are kept and reused. */
export interface Transport {
  send(request: WireRequest): Promise<WireAnswer>;
  /** Hangs up everything. */
  close(): void;
}

/**
 * Opens the transport of a connection. Nothing is sent yet.
 *
 * A broken, refused, untrusted or silent connection rejects with `ApiUnreachableError`, before the head and in the
 * middle of a body alike; an abort by the caller's signal rejects with the signal's reason. Credentials that are refused
 * are asked for anew, once.
 */
export function openTransport(connection: Connection): Transport {
  const { server } = connection;
  const secure = server.protocol === 'https:';
  const agents = keepAgents(connection);
  const send = secure ? httpsRequest : httpRequest;
  const below = server.pathname.replace(/\/+$/, '');

  const once = async (wire: WireRequest, signIn: SignIn): Promise<WireAnswer> => {
    wire.signal?.throwIfAborted();
    const unreachable = unreachableBy(connection, signIn, wire);
    const agent = agents.of(signIn);
    const answer = await new Promise<IncomingMessage>((fulfil, reject) => {
      let answered: IncomingMessage | undefined;
      const outgoing = send(
        {
          agent,
          method: wire.method,
          protocol: server.protocol,
          hostname: server.hostname.replace(/^\[|\]$/g, ''),
          port: server.port || (secure ? 443 : 80),
          path: below + wire.path,
          headers: {
            accept: 'application/json',
            'user-agent': 'margay',
            ...(signIn.headers as Record<string, string>),
            ...wire.headers,
            ...(wire.body !== undefined && { 'content-length': Buffer.byteLength(wire.body) }),
          },
          ...(wire.signal && { signal: wire.signal }),
        },
        (answer) => {
          headed();
          fulfil((answered = answer));
        },
      );
      // Before there is a socket, as while a proxy thinks, a request that is given up says nothing by itself.
      const giveUp = (error: unknown) => {
        headed();
        reject(unreachable(error));
        outgoing.destroy();
      };
      const abort = () => giveUp(wire.signal?.reason);
      const late = setTimeout(() => giveUp(silence(wire)), wire.silenceMilliseconds);
      const headed = () => {
        clearTimeout(late);
        wire.signal?.removeEventListener('abort', abort);
      };
      wire.signal?.addEventListener('abort', abort, { once: true });
      outgoing.setTimeout(wire.silenceMilliseconds, () => (answered ?? outgoing).destroy(silence(wire)));
      outgoing.on('error', giveUp);
      outgoing.end(wire.body);
    });
    return {
      code: answer.statusCode ?? 0,
      header: (name) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      pieces: piecesOf(answer, unreachable),
      ...(answer.statusCode === 401 && { refused: refusalOf(connection, signIn) }),
    };
  };

  return {
    async send(wire) {
      const { signal } = wire;
      if (connection.signIn === undefined) return once(wire, {});
      const signIn = await unlessAborted(connection.signIn(), signal);
      const answer = await once(wire, signIn);
      if (answer.code !== 401) return answer;
      // Tokens in files are replaced, those that programs hand out expire.
      for await (const piece of answer.pieces) void piece;
      return once(wire, await unlessAborted(connection.signIn(signIn), signal));
    },
    close: () => agents.close(),
  };
}

/** What is waited for, unless the caller has enough of it first. */
async function unlessAborted<T>(awaited: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return awaited;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  return Promise.race([awaited, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

/** The whole body. */
export async function bodyOf({ pieces }: WireAnswer): Promise<string> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all.join('');
}

/** The agents of a connection: one for as long as what it shows and trusts stays the same. */
function keepAgents({ server, origin = server.origin }: Connection) {
  const kept = { keepAlive: true, keepAliveMsecs: 15_000, scheduling: 'lifo' } as const;
  let key: unknown;
  let current: HttpAgent | undefined;
  /** Holds what was under way when the certificates were replaced. */
  let before: HttpAgent | undefined;

  const open = ({ proxy, tls = {} }: SignIn): HttpAgent => {
    if (proxy) return proxy.agent;
    if (server.protocol !== 'https:') return new HttpAgent(kept);
    const { ca, cert, key: clientKey, ...rest } = tls;
    try {
      const secureContext = createSecureContext({
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(clientKey !== undefined && { key: clientKey }),
      });
      // Said aloud, because Node would take the default from the environment.
      return new HttpsAgent({ ...kept, rejectUnauthorized: true, ...rest, secureContext });
    } catch (error) {
      const what = `its certificate authority, client certificate or key is not usable: ${(error as Error).message}`;
      throw new ConnectionSettingsError(`${origin}: ${what}`, { cause: error });
    }
  };
  return {
    of(signIn: SignIn): HttpAgent {
      const wanted = signIn.proxy?.agent ?? JSON.stringify(signIn.tls ?? {});
      if (current === undefined || wanted !== key) {
        const agent = open(signIn);
        before?.destroy();
        before = current;
        current = agent;
        key = wanted;
      }
      return current;
    },
    close(): void {
      before?.destroy();
      current?.destroy();
    },
  };
}

async function* piecesOf(
  answer: IncomingMessage,
  unreachable: (error: unknown) => unknown,
): AsyncGenerator<string> {
  answer.setEncoding('utf8');
  try {
    for await (const piece of answer) yield piece as string;
  } catch (error) {
    throw unreachable(error);
  } finally {
    answer.destroy();
  }
}

function silence({ silenceMilliseconds }: WireRequest): Error {
  return new Error(`nothing was heard for ${silenceMilliseconds / 1000} s`);
}

function refusalOf({ origin, server }: Connection, { headers }: SignIn): string {
  const [, token = ''] = /^Bearer (.*)$/.exec(String(headers?.['authorization'] ?? '')) ?? [];
  const expiry = expiryOf(token);
  const expired = expiry !== undefined && expiry < Date.now();
  const why = expired
    ? `its token expired at ${new Date(expiry).toISOString()}`
    : 'expired, withdrawn or unknown';
  return `The API server does not accept the credentials of ${origin ?? server.origin} (${why}): sign in again`;
}

/** What Node says of certificates that do not lead to the authority given, or are for another name. */
const DISTRUST = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY)_|CERT_|ERR_TLS_CERT_ALTNAME)/;

/** What a failed exchange is called: the caller's own abort, or the server that did not answer, with the cause. */
function unreachableBy(
  { server, origin }: Connection,
  { proxy }: SignIn,
  { signal, method, path }: WireRequest,
): (error: unknown) => unknown {
  return (error) => {
    if (signal?.aborted) return signal.reason;
    const { message, code = '' } = error as NodeJS.ErrnoException;
    const through = proxy ? ` (through the proxy ${proxy.url.host})` : '';
    const check =
      DISTRUST.test(code) && origin ? `; check certificate-authority and tls-server-name of ${origin}` : '';
    return new ApiUnreachableError(
      `${method} ${server.origin}${path}${through}: ${message || code || 'no connection'}${check}`,
      { cause: error },
    );
  };
}
