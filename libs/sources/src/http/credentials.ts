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
export type Credentials = (request: IncomingMessage, cluster: string) => Entitlement | Promise<Entitlement>;

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
  return (request, cluster) => {
    if (Date.now() - looked > FRESH_MILLISECONDS) {
      const { mtimeMs } = statSync(path);
      if (mtimeMs !== changed) senders = readTokens(path);
      [changed, looked] = [mtimeMs, Date.now()];
    }
    const token = bearerOf(request);
    if (token === undefined) return 'unknown';
    const digest = digestOf(token);
    let found: Entitled | undefined;
    // Every token is compared, and in constant time, so that the time of an answer tells nothing.
    for (const sender of senders) if (timingSafeEqual(sender.digest, digest)) found = sender;
    return judged(found === undefined ? [] : [found.clusters], cluster, isOnly);
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
  const senders = sendersNamed(names, isOnly, 'client certificates');
  return ({ socket }, cluster) => {
    const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
    if (authorized !== true || getPeerCertificate === undefined) return 'unknown';
    if (names.length === 0) return 'entitled';
    const { subject, subjectaltname = '' } = (socket as TLSSocket).getPeerCertificate();
    const presented = [
      ...[subject.CN ?? []].flat(),
      ...subjectaltname.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : [])),
    ];
    return judged(
      presented.flatMap((name) => senders.get(name) ?? []),
      cluster,
      isOnly,
    );
  };
}

/**
 * What clusters each of several names is good for, of `name=cluster` and `name`.
 *
 * @throws Error for one that says no cluster where several may be delivered for.
 */
export function sendersNamed(
  names: readonly string[],
  isOnly: boolean,
  what: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const idle = names.find((name) => !isOnly && !name.includes('='));
  if (idle !== undefined)
    throw new Error(
      `The name ${idle} of ${what} says no cluster, and several may be delivered for: write ${idle}=CLUSTER`,
    );
  const senders = new Map<string, Set<string>>();
  for (const entry of names) {
    const [name = '', cluster] = entry.split('=');
    const clusters = senders.get(name) ?? new Set();
    senders.set(name, cluster === undefined ? clusters : clusters.add(cluster));
  }
  return senders;
}

/** All of several: whoever one of them does not let in stays out. */
export function allOf(several: readonly Credentials[]): Credentials {
  return async (request, cluster) => {
    for (const one of several) {
      const judgement = await one(request, cluster);
      if (judgement !== 'entitled') return judgement;
    }
    return 'entitled';
  };
}

/** One of several: whoever one of them lets in comes in. The next is asked only where the one before does not. */
export function anyOf(several: readonly Credentials[]): Credentials {
  return async (request, cluster) => {
    let best: Entitlement = 'unknown';
    for (const one of several) {
      const judgement = await one(request, cluster);
      if (judgement === 'entitled') return judgement;
      if (judgement === 'forbidden') best = judgement;
    }
    return best;
  };
}

/** What Firehose calls a token of the one that it delivers to. */
const FIREHOSE_KEY = 'x-amz-firehose-access-key';

/** The token that a sender has: as a bearer, or as Firehose sends it, which can send it in no other way. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  const [, token] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return token ?? [headers[FIREHOSE_KEY]].flat()[0];
}

const digestOf = (token: string) => createHash('sha256').update(token).digest();

/** @param known for which clusters each of those is good that somebody is; none where nobody knows who that is. */
export function judged(known: readonly ReadonlySet<string>[], cluster: string, isOnly: boolean): Entitlement {
  if (known.length === 0) return 'unknown';
  const isGood = known.some((clusters) => clusters.has(cluster) || (isOnly && clusters.size === 0));
  return isGood ? 'entitled' : 'forbidden';
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
