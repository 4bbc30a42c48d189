import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Origin } from '../http/origin.ts';
import { OwnCookie } from '../session/cookies.ts';
import { firstToNote } from '../session/first-to-note.ts';
import { ORIGIN_OF } from '../tokens.ts';
import type { Login } from './oidc-provider.ts';

/** A login that somebody went away for, and the page that they came from. */
export type PendingLogin = Login & { readonly page: string };

/** How long somebody may take to sign in elsewhere. */
const SECONDS = 600;
const MICROSECONDS = 1_000_000;

/** What the browser has of it. */
const carried = z.object({
  login: z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), page: z.string() }),
  at: z.int(),
});

/**
 * What has to be known again when somebody comes back from an identity provider. Their browser has it: whoever asks for the way there
 * writes nothing to any store, however often, and they may come back to another replica. What is written down is that a login is
 * over, once the provider has said whose it was.
 */
@Injectable()
export class PendingLogins {
  readonly #sessions: Stores['sessions'];
  readonly #now: Clock;
  readonly #cookie: OwnCookie;

  constructor(
    @Inject(STORES) { sessions }: Stores,
    @Inject(CLOCK) now: Clock,
    @Inject(ORIGIN_OF) originOf: (request: FastifyRequest['raw']) => Origin,
  ) {
    this.#sessions = sessions;
    this.#now = now;
    // They come back by a link of another site, which a strict cookie does not follow.
    this.#cookie = new OwnCookie('margay-login', { sameSite: 'Lax', maxAgeSeconds: SECONDS }, originOf);
  }

  keep(request: FastifyRequest, reply: FastifyReply, login: PendingLogin): void {
    const text = JSON.stringify({ login, at: this.#now() } satisfies z.input<typeof carried>);
    this.#cookie.set(request, reply, Buffer.from(text).toString('base64url'));
  }

  /** The login that this browser went away for; undefined where there is none, or it took too long. */
  take(request: FastifyRequest, reply: FastifyReply): PendingLogin | undefined {
    this.#cookie.clear(request, reply);
    const found = read(this.#cookie.in(request));
    return found && this.#now() - found.at < SECONDS * MICROSECONDS ? found.login : undefined;
  }

  /** Notes that it is over. False where it was before: of two who come back with it at once one is the first. */
  async finish({ state }: PendingLogin): Promise<boolean> {
    const now = this.#now();
    const note = { what: `login ${state}`, now, until: now + SECONDS * MICROSECONDS };
    return firstToNote(this.#sessions, note);
  }
}

/** Anybody can have written it: what is none is none. */
function read(value: string | undefined): z.output<typeof carried> | undefined {
  if (value === undefined) return undefined;
  try {
    return carried.parse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}
