import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import { Problem } from '@margay/runtime';
import { HOSTS, HTTPS_ONLY, ORIGIN_OF } from '../tokens.ts';
import { linesOf } from './header-lines.ts';
import { nameIn, type Origin } from './origin.ts';

/** Everything comes from here, and nothing may be put around it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
  vary: 'authorization, cookie',
};

/** In seconds. */
const A_YEAR = 31_536_000;

const isSafe = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

/**
 * A page elsewhere can make a browser send a request, though not read its answer: where nobody is asked who they are, or the browser
 * adds who it is by itself, that would be enough to change something here. Whoever sends a token in a header is no such page.
 */
function isFromElsewhere({ headers }: IncomingMessage, asked: string): boolean {
  if (/^Bearer /i.test(headers.authorization ?? '')) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== asked);
}

/** Keeps pages and answers to themselves, whatever is answered by whomever: no other page may frame or load them. */
@Injectable()
export class OwnHeaders implements NestMiddleware {
  readonly #httpsOnly: string | undefined;
  readonly #originOf: (request: IncomingMessage) => Origin;

  constructor(
    @Inject(HTTPS_ONLY) httpsOnly: string | undefined,
    @Inject(ORIGIN_OF) originOf: (request: IncomingMessage) => Origin,
  ) {
    this.#httpsOnly = httpsOnly;
    this.#originOf = originOf;
  }

  use(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { host, secure } = this.#originOf(request);
    if (secure && nameIn(host) === this.#httpsOnly)
      response.setHeader('strict-transport-security', `max-age=${A_YEAR}`);
    next();
  }
}

/**
 * Is reached by its own pages and under its own names: where such are given, a request under another one is refused, so that a page
 * elsewhere cannot make a browser ask under it (DNS rebinding).
 */
@Injectable()
export class OwnGround implements NestMiddleware {
  readonly #hosts: ReadonlySet<string> | undefined;
  readonly #originOf: (request: IncomingMessage) => Origin;

  constructor(
    @Inject(HOSTS) hosts: readonly string[] | undefined,
    @Inject(ORIGIN_OF) originOf: (request: IncomingMessage) => Origin,
  ) {
    this.#hosts = hosts && new Set(hosts.map((host) => host.toLowerCase()));
    this.#originOf = originOf;
  }

  use(request: IncomingMessage, _: ServerResponse, next: () => void): void {
    // Of two names a proxy in front may have looked at the other one.
    if (linesOf(request, 'host').length > 1)
      throw new Problem(400, 'Bad request', 'Host is there twice: send it once');
    const { host } = this.#originOf(request);
    if (this.#hosts !== undefined && !this.#hosts.has(nameIn(host)))
      throw new Problem(
        421,
        'Misdirected request',
        `This is not ${nameIn(host)}: open one of ${[...this.#hosts].join(', ')}, or allow this name (--hosts, or API_HOSTS)`,
      );
    if (!isSafe(request) && isFromElsewhere(request, host))
      throw new Problem(
        403,
        'Forbidden',
        `A page of ${request.headers.origin ?? 'another site'} may not ask for this: ask from a page of your own Margay`,
      );
    next();
  }
}
