import { Problem } from '@margay/runtime';
import type { Clock } from '@margay/runtime/nest';
import type { FastifyRequest } from 'fastify';
import { bearerOf, type Access, type Asker, type Authority } from '../access/access.ts';
import { isUnserved } from '../clusters/unknown-cluster.ts';
import type { Origin } from '../http/origin.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { userInHeaders } from '../sign-in/trusted-headers.ts';
import { NamedByProvider } from '../sign-in/named-by-provider.ts';
import type { OpenSession, SessionKeeper } from './session-keeper.ts';

/** Finds out who asks: by the token of the request, by what a proxy says, or by its session. */
export function whoAsks(
  authority: Authority,
  sessions: SessionKeeper,
  { headers, oidc }: SignIn,
  originOf: (request: FastifyRequest['raw']) => Origin,
  now: Clock,
): Access {
  const people = oidc && new NamedByProvider(oidc, sessions, now);
  const ofToken = async (token: string): Promise<Asker> => {
    const viewer = await authority.ofToken(token);
    return { ...viewer, ...(viewer.name !== '' && { owner: sessions.ownerOfToken(viewer.name) }) };
  };
  const ofSession = async (session: OpenSession): Promise<Asker> => {
    const { content } = session;
    if ('token' in content) return ofToken(content.token);
    const known = await people?.userOf(session, content);
    // Where there is no provider it is a session of a time when people were known in another way.
    if (known === undefined || authority.ofUser === undefined) throw signInFirst();
    return { ...authority.ofUser(known), owner: content.owner };
  };
  // One of a token is of the cluster that it was given for: another one knows nobody by it, whether it is there or not.
  const isElsewhere = ({ raw }: FastifyRequest, { content }: OpenSession) =>
    'token' in content && isUnserved(raw) && authority.isOfAll !== true;
  return async (request, again) => {
    if (authority.everybody !== undefined) return authority.everybody;
    const bearer = bearerOf(request);
    // A token for a cluster that is not here is not for this one: it is answered as one that its own server does not know.
    if (bearer !== undefined && isUnserved(request.raw) && authority.isOfAll !== true)
      throw new Problem(401, 'Unauthorized', 'The token is not valid (any more): sign in again.');
    if (bearer !== undefined) return ofToken(bearer);
    const user = headers && userInHeaders(request.raw, originOf(request.raw), headers);
    if (user !== undefined && authority.ofUser !== undefined) return authority.ofUser(user);
    const session = await sessions.of(request, again);
    if (session === undefined || isElsewhere(request, session)) throw signInFirst();
    return ofSession(session);
  };
}

const signInFirst = () =>
  new Problem(401, 'Unauthorized', 'Sign in first: send a token as "Authorization: Bearer …"');
