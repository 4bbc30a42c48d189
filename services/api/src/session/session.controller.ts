import { Controller, Inject, Req, Res } from '@nestjs/common';
import { OPERATIONS, type Answered } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerOf, type Asker } from '../access/access.ts';
import { Asking } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { SessionKeeper } from './session-keeper.ts';

/** Signing in with a token, and out. */
@Controller()
export class SessionController {
  readonly #sessions: SessionKeeper;

  constructor(@Inject(SessionKeeper) sessions: SessionKeeper) {
    this.#sessions = sessions;
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
  ): Promise<Record<string, never>> {
    await this.#sessions.end(request, reply);
    return {};
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
  ): Promise<Record<string, never>> {
    if (owner !== undefined) await this.#sessions.endAll(owner);
    await this.#sessions.end(request, reply);
    return {};
  }
}
