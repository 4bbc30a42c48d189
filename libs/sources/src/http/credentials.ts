import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** Whether a request may deliver for a cluster. */
export type Entitlement = 'entitled' | 'unknown' | 'forbidden';

/**
 * Judges who sends: `unknown` is answered 401, `forbidden` (known, but not for that cluster) 403.
 *
 * @throws when the credentials cannot be read just now; nobody is let in then.
 */
export type Credentials = (request: IncomingMessage, cluster: string) => Entitlement;

/** Everybody may deliver: for tests, and where the network itself is the fence. */
export const anybody: Credentials = () => 'entitled';

/** Someone who may deliver: for the clusters named, or for all where none is. */
interface Entitled {
  readonly clusters: ReadonlySet<string>;
}

const FRESH_MILLISECONDS = 5_000;

/**
 * Bearer tokens from a file: one a line, and behind it, if it is not good for all, the clusters that it is good for.
 * `#` begins a comment. Several are valid at once, so that a token can be changed without a gap; the file is read again
 * when it changes.
 *
 * @throws Error when the file cannot be read or has no token.
 */
export function bearerTokens(path: string): Credentials {
  let senders = readTokens(path);
  let changed = statSync(path).mtimeMs;
  let looked = Date.now();
  return ({ headers }, cluster) => {
    if (Date.now() - looked > FRESH_MILLISECONDS) {
      const { mtimeMs } = statSync(path);
      if (mtimeMs !== changed) senders = readTokens(path);
      [changed, looked] = [mtimeMs, Date.now()];
    }
    const [, token] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) return 'unknown';
    const digest = digestOf(token);
    let found: Entitled | undefined;
    // Every token is compared, and in constant time, so that the time of an answer tells nothing.
    for (const sender of senders) if (timingSafeEqual(sender.digest, digest)) found = sender;
    return judged(found, cluster);
  };
}

/**
 * Client certificates by name (common name, or a DNS name among the alternatives). The TLS layer has checked already who
 * signed them.
 *
 * @param names `name`, or `name=cluster` for one that is good for that cluster only; any name will do where none is given.
 */
export function clientCertificates(names: readonly string[]): Credentials {
  const senders = new Map<string, Set<string>>();
  for (const entry of names) {
    const [name = '', cluster] = entry.split('=');
    const clusters = senders.get(name) ?? new Set();
    senders.set(name, cluster === undefined ? clusters : clusters.add(cluster));
  }
  return ({ socket }, cluster) => {
    const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
    if (authorized !== true || getPeerCertificate === undefined) return 'unknown';
    if (names.length === 0) return 'entitled';
    const { subject, subjectaltname = '' } = (socket as TLSSocket).getPeerCertificate();
    const presented = [
      ...[subject.CN ?? []].flat(),
      ...subjectaltname.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : [])),
    ];
    const known = presented.flatMap((name) => senders.get(name) ?? []);
    if (known.length === 0) return 'unknown';
    return known.some((clusters) => judged({ clusters }, cluster) === 'entitled') ? 'entitled' : 'forbidden';
  };
}

/** All of several: whoever one of them does not let in stays out. */
export function allOf(several: readonly Credentials[]): Credentials {
  return (request, cluster) => {
    const judgements = several.map((one) => one(request, cluster));
    return judgements.find((judgement) => judgement !== 'entitled') ?? 'entitled';
  };
}

const digestOf = (token: string) => createHash('sha256').update(token).digest();

function judged(sender: Entitled | undefined, cluster: string): Entitlement {
  if (!sender) return 'unknown';
  return sender.clusters.size === 0 || sender.clusters.has(cluster) ? 'entitled' : 'forbidden';
}

function readTokens(path: string): (Entitled & { readonly digest: Buffer })[] {
  const senders = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) =>
      line
        .replace(/(^|\s)#.*/, '')
        .trim()
        .split(/[\s,]+/),
    )
    .flatMap(([token = '', ...clusters]) =>
      token === '' ? [] : [{ digest: digestOf(token), clusters: new Set(clusters) }],
    );
  if (senders.length === 0) {
    throw new Error(`${path} has no token: write one a line, and behind it the clusters that it is good for`);
  }
  return senders;
}
