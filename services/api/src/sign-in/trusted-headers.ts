import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { User } from '@margay/kubernetes';
import { Problem } from '@margay/runtime';
import { linesOf } from '../http/header-lines.ts';
import type { Origin } from '../http/origin.ts';
import { userOf } from './identity.ts';

/** In which headers a proxy says who somebody is. */
export interface TrustedHeaders {
  /** Their names in lower case. */
  readonly user: string;
  readonly groups: string;
  /** What is put before them. */
  readonly userPrefix: string;
  readonly groupsPrefix: string;
  /** What the proxy has to send, so that nobody else at its address is believed. */
  readonly secret?: { readonly header: string; readonly value: string };
  /** Where people sign out of the proxy. */
  readonly signOut?: string;
}

const refuse = (detail: string) => new Problem(401, 'Unauthorized', detail);

/**
 * Who a declared proxy says somebody is; undefined where the request says nothing of it.
 *
 * @throws Problem 401 where the headers come from anybody else, or can be read in two ways.
 */
export function userInHeaders(
  request: IncomingMessage,
  { address, isProxied }: Pick<Origin, 'address' | 'isProxied'>,
  { user, groups, userPrefix, groupsPrefix, secret }: TrustedHeaders,
): User | undefined {
  const users = textsOf(request, user);
  const groupLines = textsOf(request, groups);
  if (users.length === 0 && groupLines.length === 0) return undefined;
  if (!isProxied)
    throw refuse(`${user} is believed from declared proxies only, and ${address} is none (TRUSTED_PROXIES)`);
  if (secret !== undefined && !isSame(textsOf(request, secret.header), secret.value))
    throw refuse(`${secret.header} is not what the proxy has to send (TRUSTED_HEADERS_SECRET)`);
  if (users.length !== 1 || groupLines.length > 1)
    throw refuse(`The proxy has to send ${user} once and ${groups} at most once: which of them is its own?`);
  const [name = ''] = users;
  if (name.includes(','))
    throw refuse(`${user} has a comma in it: it may be two headers that somebody in between made one`);
  if (name === '') throw refuse(`${user} is empty`);
  const named = (groupLines[0] ?? '').split(',').map((group) => group.trim());
  return userOf({
    name: `${userPrefix}${name}`,
    groups: named.filter((group) => group !== '').map((group) => `${groupsPrefix}${group}`),
    by: 'The proxy',
  });
}

/** The lines of a header as UTF-8, which proxies send. */
const textsOf = (request: IncomingMessage, name: string): string[] =>
  linesOf(request, name).map((line) => Buffer.from(line, 'latin1').toString('utf8').trim());

function isSame(lines: readonly string[], secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return lines.length === 1 && timingSafeEqual(digest(lines[0]!), digest(secret));
}
