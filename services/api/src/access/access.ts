import { timingSafeEqual, createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import {
  Denied,
  isTransient,
  Unauthenticated,
  type Action,
  type Permissions,
  type ReportRef,
  type User,
} from '@margay/kubernetes';
import { failureOf, Problem, reasonOf } from '@margay/runtime';
import type { Owner } from '../session/owner.ts';

/** Somebody who asks, with what they may see. */
export interface Viewer {
  /** As the API server calls them; empty where nobody is asked who they are. */
  readonly name: string;
  /** Who they are where somebody says it whom every cluster believes: an identity provider, a proxy, the hub. Absent where it is known by a token that is one cluster's. */
  readonly user?: User;
  /**
   * Whether they may know anything of a cluster, be it there or not. Absent where whoever a cluster knows may. @throws Problem 403 that names the
   * missing verb.
   */
  enter?(cluster: string): Promise<void>;
  /** Of these those that they may get, in their order. @throws Problem 403 where they may list none at all. */
  listable<R extends Pick<ReportRef, 'name'>>(reports: readonly R[]): Promise<R[]>;
  /** @throws Problem 403 that names the missing verb. */
  require(action: Action, report: ReportRef): Promise<void>;
  /** Of these those that they may export, in their order; `every` where they may export any. @throws Problem 403 where they may export none. */
  exportable<R extends ReportRef>(reports: readonly R[]): Promise<R[] | 'every'>;
}

/** A viewer as a request shows them. */
export interface Asker extends Viewer {
  /** Whose sessions are theirs; absent where they have none. */
  readonly owner?: Owner;
}

/** Decides who may see what. */
export interface Authority {
  /** Whoever asks, where nobody is asked who they are: nothing that a request says about that is looked at. */
  readonly everybody?: Viewer | undefined;
  /** It knows whose tokens are whichever cluster they are shown for: the installation itself, or the API server of a hub. */
  readonly isOfAll?: true;
  /** Whose token it is. @throws Problem 401 where it is nobody's. */
  ofToken(token: string): Promise<Viewer>;
  /** Somebody whom an identity provider or a proxy named; absent where only tokens are known. */
  readonly ofUser?: (user: User) => Viewer;
}

/**
 * Finds out who asks. With `again` a request that is still being answered is looked at once more, which is no use of its session.
 *
 * @throws Problem 401 where that must be known and is not.
 */
export type Access = (request: FastifyRequest, again?: 'again') => Promise<Asker>;

const EVERYTHING: Omit<Viewer, 'name'> = {
  listable: async (reports) => [...reports],
  require: async () => {},
  exportable: async () => 'every',
};

/** Nobody is asked: for one process on the loopback interface. */
export const anyone: Authority = {
  everybody: { name: '', ...EVERYTHING },
  ofToken: async () => ({ name: '', ...EVERYTHING }),
};

/** Who has the token may do everything. */
export function byToken(token: string): Authority {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const right = digest(token);
  return {
    isOfAll: true,
    async ofToken(given) {
      if (!timingSafeEqual(digest(given), right))
        throw new Problem(401, 'Unauthorized', 'The token is not the one that this installation asks for');
      return { name: 'token', ...EVERYTHING };
    },
  };
}

/**
 * The cluster's own API server says who a token is of and what they may do, as the documented table has it.
 *
 * @param isHub it says so of every cluster.
 */
export function byKubernetes(permissions: Permissions, { isHub = false } = {}): Authority {
  const viewerOf = (user: User): Viewer => ({
    name: user.name,
    ...(isHub && { enter: (cluster: string) => answered(permissions.enter(user, cluster)) }),
    listable: (reports) => answered(permissions.listable(user, reports)),
    require: (action, report) => answered(permissions.require(user, action, report)),
    exportable: (reports) => answered(permissions.exportable(user, reports)),
  });
  return {
    ...(isHub && { isOfAll: true }),
    async ofToken(token) {
      const user = await answered(permissions.who(token));
      return { ...viewerOf(user), ...(isHub && { user }) };
    },
    ofUser: (user) => ({ ...viewerOf(user), user }),
  };
}

async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Unauthenticated) throw new Problem(401, 'Unauthorized', error.message);
    if (error instanceof Denied) throw new Problem(403, 'Forbidden', error.message);
    if (!isTransient(error)) throw error;
    throw failureOf({
      part: 'Kubernetes API',
      doing: 'asking who somebody is and what they may see',
      said: reasonOf(error),
      passes: true,
      cause: error,
    });
  }
}

/** The bearer token of a request. */
export function bearerOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const [, bearer] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? [];
  return bearer;
}
