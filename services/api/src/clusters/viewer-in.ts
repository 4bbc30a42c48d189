import type { Clock } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { bearerOf, type Authority } from '../access/access.ts';
import type { Origin } from '../http/origin.ts';
import { SessionKeeper, type SessionLimits } from '../session/session-keeper.ts';
import { whoAsks } from '../session/who-asks.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { FastifyRequest } from 'fastify';
import type { ViewerIn } from './fleet.ts';

/** How people are known to several clusters. */
export interface Knowing {
  /** All of them, that which is meant where none is named first. */
  readonly names: readonly string[];
  readonly access: (cluster: string) => Authority | Promise<Authority>;
  /** Whoever is known to one of them is known to all: one token for everything, or none. */
  readonly isOneAuthority: boolean;
  readonly sessions: Stores['sessions'];
  readonly limits: SessionLimits;
  readonly originOf: (request: FastifyRequest['raw']) => Origin;
  readonly signIn: SignIn;
  readonly clock: Clock;
}

/**
 * Finds out as whom other clusters know whoever asks one of them. Whom an identity provider or a proxy named, each is asked about. A token
 * is shown to nobody but the cluster that it was given for: with any other's it would be in the hands of whoever runs that.
 */
export function viewerInOf({ isOneAuthority, access, ...of }: Knowing): ViewerIn {
  if (isOneAuthority) return async (_, __, asking) => asking;
  return async (cluster, request, { user }) => {
    if (user !== undefined) return (await access(cluster)).ofUser?.(user);
    if (bearerOf(request) !== undefined) return undefined;
    const { names, sessions, clock, limits, originOf, signIn } = of;
    const keeper = new SessionKeeper({ sessions }, clock, limits, originOf, { asked: cluster, names });
    // Before the cluster is asked anything: whoever makes up a session is told nothing by how that goes.
    if ((await keeper.of(request, 'again')) === undefined) return undefined;
    return whoAsks(await access(cluster), keeper, signIn, originOf, clock)(request);
  };
}
