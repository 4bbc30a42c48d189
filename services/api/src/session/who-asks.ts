import { Problem } from '@margay/runtime';
import type { FastifyRequest } from 'fastify';
import { bearerOf, type Access, type Authority, type Viewer } from '../access/access.ts';
import type { Origin } from '../http/origin.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { userInHeaders } from '../sign-in/trusted-headers.ts';
import type { SessionContent, SessionKeeper } from './session-keeper.ts';

/** Finds out who asks: by the token of the request, by what a proxy says, or by its session. */
export function whoAsks(
  authority: Authority,
  sessions: SessionKeeper,
  { headers }: SignIn,
  originOf: (request: FastifyRequest['raw']) => Origin,
): Access {
  const ofSession = async (content: SessionContent): Promise<Viewer> => {
    if ('token' in content) return authority.ofToken(content.token);
    // A session of a time when people were known in another way.
    if (authority.ofUser === undefined) throw signInFirst();
    return authority.ofUser(content.user);
  };
  return async (request, again) => {
    if (authority.everybody !== undefined) return authority.everybody;
    const bearer = bearerOf(request);
    if (bearer !== undefined) return authority.ofToken(bearer);
    const user = headers && userInHeaders(request.raw, originOf(request.raw), headers);
    if (user !== undefined && authority.ofUser !== undefined) return authority.ofUser(user);
    const session = await sessions.of(request, again);
    if (session === undefined) throw signInFirst();
    return ofSession(session);
  };
}

const signInFirst = () =>
  new Problem(401, 'Unauthorized', 'Sign in first: send a token as "Authorization: Bearer …"');
