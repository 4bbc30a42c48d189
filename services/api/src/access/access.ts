import { timingSafeEqual, createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Denied, Unauthenticated, type Action, type Permissions, type ReportRef } from '@margay/kubernetes';
import { Problem } from '@margay/runtime';

/** Somebody who asks, with what they may see. */
export interface Viewer {
  /** As the API server calls them; empty where nobody is asked who they are. */
  readonly name: string;
  /** Of these those that they may get, in their order. @throws Problem 403 where they may list none at all. */
  listable<R extends ReportRef>(reports: readonly R[]): Promise<R[]>;
  /** @throws Problem 403 that names the missing verb. */
  require(action: Action, report: ReportRef): Promise<void>;
  /** Of these those that they may export, in their order; `every` where they may export any. @throws Problem 403 where they may export none. */
  exportable<R extends ReportRef>(reports: readonly R[]): Promise<R[] | 'every'>;
}

/** Finds out who asks. @throws Problem 401 where that must be known and is not. */
export type Access = (request: FastifyRequest) => Promise<Viewer>;

const EVERYTHING: Omit<Viewer, 'name'> = {
  listable: async (reports) => [...reports],
  require: async () => {},
  exportable: async () => 'every',
};

/** Nobody is asked: for one process on the loopback interface. */
export const anyone: Access = async () => ({ name: '', ...EVERYTHING });

/** Who has the token may do everything. */
export function byToken(token: string): Access {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const right = digest(token);
  return async (request) => {
    if (!timingSafeEqual(digest(tokenOf(request)), right))
      throw new Problem(401, 'Unauthorized', 'The token is not the one that this installation asks for');
    return { name: 'token', ...EVERYTHING };
  };
}

/** The cluster's own API server says who a token is of and what they may do, as the documented table has it. */
export function byKubernetes(permissions: Permissions): Access {
  return async (request) => {
    const user = await answered(permissions.who(tokenOf(request)));
    return {
      name: user.name,
      listable: (reports) => answered(permissions.listable(user, reports)),
      require: (action, report) => answered(permissions.require(user, action, report)),
      exportable: (reports) => answered(permissions.exportable(user, reports)),
    };
  };
}

async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Unauthenticated) throw new Problem(401, 'Unauthorized', error.message);
    if (error instanceof Denied) throw new Problem(403, 'Forbidden', error.message);
    if (error instanceof Problem) throw error;
    throw new Problem(
      503,
      'Unavailable',
      `The API server could not be asked for permissions: ${(error as Error).message}`,
    );
  }
}

/** The cookie that a session has: pages cannot put headers on downloads. */
export const SESSION_COOKIE = 'margay-token';

/** The bearer token of a request, or the one in its session. @throws Problem 401 where there is none. */
export function tokenOf({ headers }: FastifyRequest): string {
  const [, bearer] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const cookie = (headers.cookie ?? '').split('; ').find((text) => text.startsWith(`${SESSION_COOKIE}=`));
  const token = cookie && decoded(cookie.slice(SESSION_COOKIE.length + 1));
  if (!token)
    throw new Problem(401, 'Unauthorized', 'Sign in first: send a token as "Authorization: Bearer …"');
  return token;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
