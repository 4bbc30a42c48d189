import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origin } from '../http/origin.ts';

/** How a cookie is set. */
interface CookieOptions {
  /** `Lax` where a page elsewhere leads back here, as an identity provider does. */
  readonly sameSite: 'Strict' | 'Lax';
  /** Until the browser is closed unless set. */
  readonly maxAgeSeconds?: number;
}

/** What browsers keep of one cookie is 4 KiB, its name and attributes included. */
const LENGTH_MAX = 3_900;

/** A cookie that holds letters, digits, `-` and `_`, as ids are written, and nothing that a page could read. */
export class OwnCookie {
  readonly #name: string;
  readonly #options: CookieOptions;
  readonly #originOf: (request: FastifyRequest['raw']) => Origin;

  constructor(name: string, options: CookieOptions, originOf: (request: FastifyRequest['raw']) => Origin) {
    this.#name = name;
    this.#options = options;
    this.#originOf = originOf;
  }

  /** That of a request; undefined where there is none, or two cookies of that name, of which one was put there by somebody else. */
  in(request: FastifyRequest): string | undefined {
    const start = `${nameOf(this.#name, this.#isSecure(request))}=`;
    const found = (request.headers.cookie ?? '')
      .split(';')
      .map((text) => text.trim())
      .filter((text) => text.startsWith(start));
    const value = found.length === 1 ? found[0]!.slice(start.length) : '';
    return /^[\w-]+$/.test(value) && value.length <= LENGTH_MAX ? value : undefined;
  }

  set(request: FastifyRequest, reply: FastifyReply, value: string): void {
    this.#say(request, reply, value, this.#options.maxAgeSeconds);
  }

  /** Takes it away. */
  clear(request: FastifyRequest, reply: FastifyReply): void {
    this.#say(request, reply, '', 0);
  }

  #say(request: FastifyRequest, reply: FastifyReply, value: string, maxAge: number | undefined): void {
    const secure = this.#isSecure(request);
    const line = [
      `${nameOf(this.#name, secure)}=${value}`,
      'Path=/',
      'HttpOnly',
      `SameSite=${this.#options.sameSite}`,
      ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
      ...(secure ? ['Secure'] : []),
    ];
    void reply.header('set-cookie', line.join('; '));
  }

  /** A request that came by TLS: so must every other that has the cookie. */
  #isSecure({ raw }: FastifyRequest): boolean {
    return this.#originOf(raw).secure;
  }
}

/** The name of a cookie where it is secure: browsers take such a one from this very host by TLS only, so that nobody else can put it there. */
const nameOf = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);
