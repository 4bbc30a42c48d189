import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origin } from '../http/origin.ts';
import { IdCookie } from '../session/cookies.ts';
import { digestOf, newId, seal, unseal } from '../session/seal.ts';
import { stored } from '../session/session-keeper.ts';
import { ORIGIN_OF } from '../tokens.ts';
import type { Login } from './oidc-provider.ts';

/** A login that somebody went away for, and the page that they came from. */
export type PendingLogin = Login & { readonly page: string };

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
  readonly #cookie: IdCookie;

  constructor(
    @Inject(STORES) { sessions }: Stores,
    @Inject(CLOCK) now: Clock,
    @Inject(ORIGIN_OF) originOf: (request: FastifyRequest['raw']) => Origin,
  ) {
    this.#kept = sessions;
    this.#now = now;
    // They come back by a link of another site, which a strict cookie does not follow.
    this.#cookie = new IdCookie('margay-login', { sameSite: 'Lax', maxAgeSeconds: SECONDS }, originOf);
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
    this.#cookie.set(request, reply, id);
  }

  /** The login that this browser went away for; undefined where there is none, or it was taken before. */
  async take(request: FastifyRequest, reply: FastifyReply): Promise<PendingLogin | undefined> {
    this.#cookie.clear(request, reply);
    const id = this.#cookie.in(request);
    if (id === undefined) return undefined;
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
