import { Controller, Req, Res } from '@nestjs/common';
import { OPERATIONS } from '@margay/api-contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_COOKIE, tokenOf, type Viewer } from '../access/access.ts';
import { Asking } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';

/** Signing in and out: pages cannot put headers on downloads, so that the token travels in a cookie. */
@Controller()
export class SessionController {
  @Serves(OPERATIONS.signIn)
  signIn(
    @Asking() { name }: Viewer,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): { name: string } {
    const secure = request.protocol === 'https' ? '; Secure' : '';
    void reply.header(
      'set-cookie',
      `${SESSION_COOKIE}=${encodeURIComponent(tokenOf(request))}; Path=/; HttpOnly; SameSite=Strict${secure}`,
    );
    return { name };
  }

  @Serves(OPERATIONS.signOut)
  signOut(@Res({ passthrough: true }) reply: FastifyReply): Record<string, never> {
    void reply.header('set-cookie', `${SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`);
    return {};
  }
}
