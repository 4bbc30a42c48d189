import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../log.ts';
import { reasonOf } from '../../shown.ts';

/** PEM files of a server; read again when they change, so that certificates can be renewed while it runs. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates. With it, a client without a certificate of theirs cannot connect. */
  readonly clientCa?: string;
}

/**
 * What a server does TLS with: 1.2 or newer.
 *
 * @throws Error that names the files, where they cannot be read or do not fit together.
 */
export function secureContext({ cert, key, clientCa }: TlsFiles) {
  try {
    const context = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ...(clientCa !== undefined && { ca: readFileSync(clientCa) }),
      minVersion: 'TLSv1.2' as const,
    };
    createSecureContext(context);
    return context;
  } catch (error) {
    throw new Error(
      `The certificate ${cert} and the key ${key} cannot be served with (${(error as Error).message}): give PEM files of one pair`,
      { cause: error },
    );
  }
}

const RENEWAL_MILLISECONDS = 60_000;

/** Looks now and then whether the files changed; what is in use stays in use until a pair that fits is there. */
export function renewCertificates(http: FastifyInstance, tls: TlsFiles | undefined, log: Log): () => void {
  if (!tls) return () => {};
  const content = () =>
    Object.values(tls)
      .map((path: string) => readFileSync(path, 'utf8'))
      .join('\n');
  let used = content();
  let failures = 0;
  const timer = setInterval(() => {
    try {
      const found = content();
      if (found === used) return;
      (http.server as unknown as Server).setSecureContext(secureContext(tls));
      used = found;
      failures = 0;
      log.info('The certificate was read again', { file: tls.cert });
    } catch (error) {
      // One of two files may be written a moment before the other.
      failures += 1;
      if (failures !== 2) return;
      log.warn('The files of the certificate cannot be used: the one before goes on being shown', {
        reason: reasonOf(error),
      });
    }
  }, RENEWAL_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}
