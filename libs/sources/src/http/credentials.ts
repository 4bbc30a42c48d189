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

/** Someone who may deliver: for the clusters named; where none is, for the only one that may be delivered for. */
interface Entitled {
  readonly clusters: ReadonlySet<string>;
}

const FRESH_MILLISECONDS = 5_000;

/**
 * Bearer tokens from a file: one a line, and behind it the clusters that it is good for. `#` begins a comment. Several are valid at
 * once, so that a token can be changed without a gap; the file is read again when it changes.
 *
 * @param isOnly one cluster may be delivered for, so that tokens need not name it. Else those that name none are good for nothing.
 * @throws Error when the file cannot be read, has no token, or has one that is good for nothing.
 */
export function bearerTokens(path: string, isOnly = true): Credentials {
  let senders = readTokens(path);
  if (!isOnly && senders.some(({ clusters }) => clusters.size === 0))
    throw new Error(
      `${path} has a token that names no cluster, and several may be delivered for: write behind each token the clusters that it is good for`,
    );
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
    return judged(found, cluster, isOnly);
  };
}

/**
 * Client certificates by name (common name, or a DNS name among the alternatives). The TLS layer has checked already who
 * signed them.
 *
 * @param names `name=cluster`, or `name` where one cluster may be delivered for; any name will do where none is given.
 * @param isOnly one cluster may be delivered for. Else names without one are good for nothing.
 * @throws Error for a name that is good for nothing.
 */
export function clientCertificates(names: readonly string[], isOnly = true): Credentials {
  const idle = names.find((name) => !isOnly && !name.includes('='));
  if (idle !== undefined)
    throw new Error(
      `The name ${idle} of client certificates says no cluster, and several may be delivered for: write ${idle}=CLUSTER`,
    );
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
    return known.some((clusters) => judged({ clusters }, cluster, isOnly) === 'entitled')
      ? 'entitled'
      : 'forbidden';
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

function judged(sender: Entitled | undefined, cluster: string, isOnly: boolean): Entitlement {
  if (!sender) return 'unknown';
  const isNamed = sender.clusters.has(cluster) || (isOnly && sender.clusters.size === 0);
  return isNamed ? 'entitled' : 'forbidden';
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
