import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Connection } from './connection.ts';
import { ApiUnreachableError } from './errors.ts';

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
 * middle of a body alike; an abort by the caller's signal rejects with the signal's reason.
 */
export function openTransport(connection: Connection): Transport {
  const { server } = connection;
  const secure = server.protocol === 'https:';
  const kept = { keepAlive: true, keepAliveMsecs: 15_000, scheduling: 'lifo' } as const;
  const agent = secure
    ? new HttpsAgent({
        ...kept,
        rejectUnauthorized: connection.insecure !== true,
        ...(connection.ca !== undefined && { ca: connection.ca }),
        ...(connection.certificate !== undefined && { cert: connection.certificate }),
        ...(connection.key !== undefined && { key: connection.key }),
        ...(connection.serverName !== undefined && { servername: connection.serverName }),
      })
    : new HttpAgent(kept);
  const send = secure ? httpsRequest : httpRequest;
  const below = server.pathname.replace(/\/+$/, '');

  const once = async (wire: WireRequest, fresh: boolean): Promise<WireAnswer> => {
    const unreachable = unreachableBy(server, wire);
    const token = await connection.token?.(fresh);
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
            ...impersonation(connection),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...wire.headers,
            ...(wire.body !== undefined && { 'content-length': Buffer.byteLength(wire.body) }),
          },
          ...(wire.signal && { signal: wire.signal }),
        },
        (answer) => fulfil((answered = answer)),
      );
      outgoing.setTimeout(wire.silenceMilliseconds, () => (answered ?? outgoing).destroy(silence(wire)));
      outgoing.on('error', (error) => reject(unreachable(error)));
      outgoing.end(wire.body);
    });
    return {
      code: answer.statusCode ?? 0,
      header: (name) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      pieces: piecesOf(answer, unreachable),
    };
  };

  return {
    async send(wire) {
      const answer = await once(wire, false);
      // A token from a file may have been replaced since we read it.
      if (answer.code !== 401 || connection.token === undefined) return answer;
      for await (const piece of answer.pieces) void piece;
      return once(wire, true);
    },
    close: () => agent.destroy(),
  };
}

/** The whole body. */
export async function bodyOf({ pieces }: WireAnswer): Promise<string> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all.join('');
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

function impersonation({ impersonate }: Connection): Record<string, string | string[]> {
  if (impersonate === undefined) return {};
  const { user, groups = [] } = impersonate;
  return { 'impersonate-user': user, ...(groups.length > 0 && { 'impersonate-group': [...groups] }) };
}

function silence({ silenceMilliseconds }: WireRequest): Error {
  return new Error(`nothing was heard for ${silenceMilliseconds / 1000} s`);
}

/** What a failed exchange is called: the caller's own abort, or the server that did not answer, with the cause. */
function unreachableBy(server: URL, { signal, method, path }: WireRequest): (error: unknown) => unknown {
  return (error) => {
    if (signal?.aborted) return signal.reason;
    const { message, code } = error as NodeJS.ErrnoException;
    return new ApiUnreachableError(
      `${method} ${server.origin}${path}: ${message || code || 'no connection'}`,
      {
        cause: error,
      },
    );
  };
}
