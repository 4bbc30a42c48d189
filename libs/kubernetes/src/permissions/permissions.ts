import { createHash } from 'node:crypto';
import { atOnce } from '@margay/runtime';
import type { KubernetesClient } from '../client/client.ts';
import { DEFAULT_GROUP, OWN_GROUP } from '../custom-resources/report-types.ts';
import { accessesFor, accessText, type Access, type Action, type ReportRef } from './access.ts';
import { ShortMemory } from './short-memory.ts';

/** Somebody whom the API server knows. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The token is nobody's: it is wrong, or it has expired. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
}

/** Somebody may not do what they asked for; the message names what they lack. */
export class Denied extends Error {
  override readonly name = 'Denied';
  readonly user: string;
  /** The alternatives, any one of which would have done. */
  readonly missing: readonly Access[];

  constructor(user: string, missing: readonly Access[]) {
    super(`${user} may not do this: it needs the permission to ${missing.map(accessText).join(' or ')}`);
    this.user = user;
    this.missing = missing;
  }
}

export interface PermissionsOptions {
  /** The API group of GlobalReports. */
  readonly group?: string;
  /**
   * The cluster whose reports they are, where one API server decides about several: it is asked by name who may `get` that cluster,
   * as `clusters.margay.io`, beside everything else.
   */
  readonly cluster?: string;
  /** For how many seconds a decision stands: 5 unless set. */
  readonly rememberSeconds?: number;
  /** Audiences that a token must be for; those of the API server unless set. */
  readonly audiences?: readonly string[];
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

const REMEMBER_SECONDS = 5;
const ASKED_AT_ONCE = 16;

/**
 * Who somebody is and what they may do, as the cluster's own API server decides: TokenReview and SubjectAccessReview.
 *
 * Nothing is allowed by default: an API server that does not answer rejects with its error, and nothing is done.
 */
export class Permissions {
  readonly #client: KubernetesClient;
  readonly #group: string;
  readonly #cluster: string | undefined;
  readonly #audiences: readonly string[] | undefined;
  readonly #users: ShortMemory<User | undefined>;
  readonly #decisions: ShortMemory<boolean>;

  constructor(client: KubernetesClient, options: PermissionsOptions = {}) {
    const milliseconds = (options.rememberSeconds ?? REMEMBER_SECONDS) * 1000;
    const now = options.now ?? (() => performance.now());
    this.#client = client;
    this.#group = options.group ?? DEFAULT_GROUP;
    this.#audiences = options.audiences;
    this.#cluster = options.cluster;
    this.#users = new ShortMemory(milliseconds, now);
    this.#decisions = new ShortMemory(milliseconds, now);
  }

  /** Whose token it is. Rejects with `Unauthenticated`. */
  async who(token: string): Promise<User> {
    // Tokens are secrets: what is remembered is their digest.
    const digest = createHash('sha256').update(token).digest('base64');
    const user = await this.#users.get(digest, () => this.#review(token));
    if (user === undefined) throw new Unauthenticated('The token is not valid (any more): sign in again.');
    return user;
  }

  /** Where one API server decides about several clusters: rejects with `Denied` where the user may see nothing of that one, whether it is there or not. */
  async enter(user: User, cluster: string): Promise<void> {
    if (this.#cluster === undefined) return;
    const get: Access = { verb: 'get', group: OWN_GROUP, resource: 'clusters' };
    const named: Access = { ...get, name: cluster };
    // Whoever may see all clusters needs one question for them together.
    if (!(await this.#anyOf(user, [get, named]))) throw new Denied(user.name, [named]);
  }

  /** Rejects with `Denied` where the user may not do this with the report. */
  async require(user: User, action: Action, report: ReportRef): Promise<void> {
    await this.#enterOwn(user);
    for (const alternatives of accessesFor(action, report, this.#group)) {
      if (!(await this.#anyOf(user, alternatives))) throw new Denied(user.name, alternatives);
    }
  }

  /** Whether the user may do this with the report. */
  async may(user: User, action: Action, report: ReportRef): Promise<boolean> {
    try {
      await this.require(user, action, report);
      return true;
    } catch (error) {
      if (error instanceof Denied) return false;
      throw error;
    }
  }

  /**
   * Of these reports those that the user may get, in their order. Rejects with `Denied` where the user may list none at
   * all. The others must show neither in lists nor in counts.
   */
  async listable<R extends Pick<ReportRef, 'name'>>(user: User, reports: readonly R[]): Promise<R[]> {
    const get: Access = { verb: 'get', group: this.#group, resource: 'globalreports' };
    const list: Access = { ...get, verb: 'list' };
    await this.#enterOwn(user);
    if (!(await this.#allowed(user, list))) throw new Denied(user.name, [list]);
    // Most users may get all or few; whoever may get all needs one question.
    if (await this.#allowed(user, get)) return [...reports];
    const names = [...new Set(reports.map(({ name }) => name))];
    const answers = await atOnce(names, (name) => this.#allowed(user, { ...get, name }), ASKED_AT_ONCE);
    const allowed = new Set(names.filter((_, i) => answers[i]));
    return reports.filter(({ name }) => allowed.has(name));
  }

  /**
   * Of these reports those that the user may export, in their order; `every` where they may export any report that there may
   * be. Rejects with `Denied` where they may export none.
   */
  async exportable<R extends ReportRef>(user: User, reports: readonly R[]): Promise<R[] | 'every'> {
    const visible = await this.listable(user, reports);
    const get: Access = { verb: 'get', group: this.#group, resource: 'globalreports' };
    const types: Access = { ...get, resource: 'globalreporttypes' };
    const getsAll = await this.#allowed(user, get);
    if (getsAll && (await this.#allowed(user, types))) return 'every';
    const answers = await atOnce(visible, (report) => this.may(user, 'export', report), ASKED_AT_ONCE);
    const exportable = visible.filter((_, i) => answers[i]);
    if (exportable.length > 0) return exportable;
    throw new Denied(user.name, [getsAll || visible.length > 0 ? types : get]);
  }

  async #enterOwn(user: User): Promise<void> {
    if (this.#cluster !== undefined) await this.enter(user, this.#cluster);
  }

  async #anyOf(user: User, alternatives: readonly Access[]): Promise<boolean> {
    for (const access of alternatives) if (await this.#allowed(user, access)) return true;
    return false;
  }

  #allowed(user: User, access: Access): Promise<boolean> {
    const { name, uid, groups, extra } = user;
    const question = JSON.stringify([name, uid, groups, extra, accessText(access)]);
    return this.#decisions.get(question, async () => {
      const api = await this.#client.typed(({ AuthorizationV1Api }) => AuthorizationV1Api);
      const { status } = await api.createSubjectAccessReview({
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: name,
            groups: [...groups],
            ...(uid !== undefined && { uid }),
            ...(extra && { extra: mutable(extra) }),
            resourceAttributes: access,
          },
        },
      });
      return status?.allowed === true;
    });
  }

  async #review(token: string): Promise<User | undefined> {
    const api = await this.#client.typed(({ AuthenticationV1Api }) => AuthenticationV1Api);
    const { status } = await api.createTokenReview({
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, ...(this.#audiences && { audiences: [...this.#audiences] }) },
      },
    });
    const user = status?.user;
    if (status?.authenticated !== true || !user?.username) return undefined;
    return {
      name: user.username,
      groups: user.groups ?? [],
      ...(user.uid && { uid: user.uid }),
      ...(user.extra && { extra: user.extra }),
    };
  }
}

/** The library's types let lists be changed, which it does not do. */
function mutable(extra: NonNullable<User['extra']>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, [...values]]));
}
