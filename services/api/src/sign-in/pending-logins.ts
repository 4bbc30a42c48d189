import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origin } from '../http/origin.ts';
import { cookieLine, cookieOf, noCookie } from '../session/cookies.ts';
import { digestOf, isId, newId, seal, unseal } from '../session/seal.ts';
import { stored } from '../session/session-keeper.ts';
import { ORIGIN_OF } from '../tokens.ts';
import type { Login } from './oidc-provider.ts';

/** A login that somebody went away for, and the page that they came from. */
export type PendingLogin = Login & { readonly page: string };

const COOKIE = 'margay-login';
/** How long somebody may take to sign in elsewhere. */
const SECONDS = 600;

/**
 * What has to be known again when somebody comes back from an identity provider. It is kept as sessions are, under the digest of an
 * id that the browser alone has, so that they may come back to another replica; and taken once.
 */
@Injectable()
export class PendingLogins {
  readonly #kept: Stores['sessions'];
  readonly #now: Clock;
  readonly #originOf: (request: FastifyRequest['raw']) => Origin;

  constructor(
    @Inject(STORES) { sessions }: Stores,
    @Inject(CLOCK) now: Clock,
    @Inject(ORIGIN_OF) originOf: (request: FastifyRequest['raw']) => Origin,
  ) {
    this.#kept = sessions;
    this.#now = now;
    this.#originOf = originOf;
  }

  async keep(request: FastifyRequest, reply: FastifyReply, login: PendingLogin): Promise<void> {
    const id = newId();
    const now = this.#now();
    await stored(() =>
      this.#kept.begin({
        digest: digestOf(id),
        owner: '',
        sealed: seal(id, login),
        startedAt: now,
        usedAt: now,
        endsAt: now + SECONDS * 1_000_000,
      }),
    );
    const { secure } = this.#originOf(request.raw);
    // They come back by a link of another site, which a strict cookie does not follow.
    const line = cookieLine(COOKIE, id, { secure, sameSite: 'Lax', maxAgeSeconds: SECONDS });
    void reply.header('set-cookie', line);
  }

  /** The login that this browser went away for; undefined where there is none, or it was taken before. */
  async take(request: FastifyRequest, reply: FastifyReply): Promise<PendingLogin | undefined> {
    const { secure } = this.#originOf(request.raw);
    void reply.header('set-cookie', noCookie(COOKIE, { secure, sameSite: 'Lax' }));
    const id = cookieOf(request.headers.cookie, COOKIE, secure);
    if (id === undefined || !isId(id)) return undefined;
    const digest = digestOf(id);
    return stored(async () => {
      const kept = await this.#kept.get(digest);
      // Of two who come with it at once one is the first.
      if (kept === undefined || !(await this.#kept.end(digest)) || kept.endsAt <= this.#now())
        return undefined;
      return unseal(id, kept.sealed) as PendingLogin;
    });
  }
}
