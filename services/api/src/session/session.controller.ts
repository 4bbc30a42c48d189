import { Controller, Inject, Req, Res } from '@nestjs/common';
import { OPERATIONS, type Answered, type SignedOut } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerOf, type Asker } from '../access/access.ts';
import { Asking } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { SIGN_IN } from '../tokens.ts';
import type { Owner } from './owner.ts';
import { SessionKeeper } from './session-keeper.ts';

/** Signing in with a token, and out. */
@Controller()
export class SessionController {
  readonly #sessions: SessionKeeper;

  readonly #signIn: SignIn;

  constructor(@Inject(SessionKeeper) sessions: SessionKeeper, @Inject(SIGN_IN) signIn: SignIn) {
    this.#sessions = sessions;
    this.#signIn = signIn;
  }

  @Serves(OPERATIONS.signIn)
  async signIn(
    @Asking() { name, owner }: Asker,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ name: string }> {
    const token = bearerOf(request);
    // Where nobody is asked who they are there is nothing to sign in to.
    if (token !== undefined && owner !== undefined)
      await this.#sessions.begin(request, reply, owner, { token });
    return { name };
  }

  @Serves(OPERATIONS.signOut)
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedOut> {
    return this.#out(request, reply);
  }

  @Serves(OPERATIONS.sessions)
  async sessions(
    @Asking() { owner }: Asker,
    @Req() request: FastifyRequest,
  ): Promise<Answered<typeof OPERATIONS.sessions>> {
    const sessions = owner === undefined ? [] : await this.#sessions.list(request, owner);
    return {
      items: sessions.map(({ startedAt, usedAt, endsAt, current }) => ({
        started: formatInstant(startedAt),
        used: formatInstant(usedAt),
        ends: formatInstant(endsAt),
        current,
      })),
    };
  }

  @Serves(OPERATIONS.signOutEverywhere)
  async signOutEverywhere(
    @Asking() { owner }: Asker,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedOut> {
    return this.#out(request, reply, owner);
  }

  /** Ends the session of a request, or all of an owner; whoever a provider named goes on to it. */
  async #out(request: FastifyRequest, reply: FastifyReply, owner?: Owner): Promise<SignedOut> {
    const session = await this.#sessions.of(request, 'again');
    if (owner !== undefined) await this.#sessions.endAll(owner);
    await this.#sessions.end(request, reply);
    const { oidc } = this.#signIn;
    const content = session?.content;
    if (oidc === undefined || content === undefined || 'token' in content) return { next: null };
    if (content.owner.issuer !== oidc.issuer) return { next: null };
    return { next: (await oidc.signOutAt(content.idToken))?.href ?? null };
  }
}
