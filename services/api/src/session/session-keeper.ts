import { Inject, Injectable } from '@nestjs/common';
import type { User } from '@margay/kubernetes';
import { isAway } from '@margay/runtime';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import type { KeptSession, Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origin } from '../http/origin.ts';
import type { ClustersHere } from '../clusters/clusters-here.ts';
import type { Naming } from '../sign-in/belief.ts';
import { CLUSTERS_HERE, ORIGIN_OF, SESSION_LIMITS } from '../tokens.ts';
import { OwnCookie } from './cookies.ts';
import { firstToNote } from './first-to-note.ts';
import { digestOfOwner, type Owner } from './owner.ts';
import { digestOf, isId, newId, seal, unseal } from './seal.ts';

/** How long sessions last, in milliseconds. */
export interface SessionLimits {
  /** From their beginning, however they are used. */
  readonly lifetime: number;
  /** Without being used. */
  readonly idle: number;
  /** How many one person has at most. */
  readonly ofOne: number;
}

/** A session of somebody whom an identity provider named. */
export interface NamedContent {
  readonly user: User;
  /** Who they are at the provider. */
  readonly owner: Extract<Owner, { readonly by: 'oidc' }>;
  /** In which it named them, where it is sent back when they sign out. */
  readonly idToken?: string;
  readonly named: Naming;
}

/** What a session is of: a token, of which is asked again whose it is, or somebody whom an identity provider named. */
export type SessionContent =
  | {
      readonly token: string;
      /**
       * The cluster that it is a token of. One of which that is not known, as of older releases, is good for none: which cluster is the
       * first may be another one by now, and would be shown the token.
       */
      readonly cluster?: string;
    }
  | NamedContent;

/** A session that lasts, as whoever has its id sees it. */
export interface OpenSession {
  readonly id: string;
  readonly content: SessionContent;
}

const MICROSECONDS = 1_000;
const FORGET_MILLISECONDS = 600_000;
/** More than an installation has people who look at it; fewer than would fill a disk. */
const IN_ALL = 50_000;

/**
 * Begins, finds and ends sessions. A browser has a random id and nothing else; what the session is of is kept by the id's digest,
 * sealed under the id: neither the store nor the cookie alone tells anything.
 *
 * Of several clusters each has a cookie of its own for sessions of its tokens, which are good for no other; sessions of people whom an
 * identity provider named are good for all, whose API servers are asked each what they may see.
 */
@Injectable()
export class SessionKeeper {
  readonly #sessions: Stores['sessions'];
  readonly #now: Clock;
  readonly #limits: SessionLimits;
  /** The one that is set first; of what the other holds only who somebody is counts. */
  readonly #cookies: readonly [OwnCookie, ...OwnCookie[]];
  readonly #cluster: string;
  #forgotAt = 0;

  constructor(
    @Inject(STORES) { sessions }: Pick<Stores, 'sessions'>,
    @Inject(CLOCK) now: Clock,
    @Inject(SESSION_LIMITS) limits: SessionLimits,
    @Inject(ORIGIN_OF) originOf: (request: FastifyRequest['raw']) => Origin,
    @Inject(CLUSTERS_HERE) { asked, names }: Pick<ClustersHere, 'asked' | 'names'>,
  ) {
    this.#sessions = sessions;
    this.#now = now;
    this.#limits = limits;
    const cookie = (name: string) => new OwnCookie(name, { sameSite: 'Strict' }, originOf);
    const common = cookie('margay-session');
    this.#cluster = asked;
    this.#cookies = asked === names[0] ? [common] : [cookie(`margay-session.${asked}`), common];
  }

  /**
   * Begins one under a new id, whatever id the browser sent. The one that it had ends, and of that person’s those that were used
   * longest ago where they have too many.
   */
  async begin(
    request: FastifyRequest,
    reply: FastifyReply,
    owner: Owner,
    content: SessionContent,
  ): Promise<void> {
    const now = this.#now();
    const id = newId();
    await this.#endOf(request, this.#cookies[0]);
    await this.#forget(now);
    const session = {
      digest: digestOf(id),
      owner: digestOfOwner(owner),
      sealed: seal(id, 'token' in content ? { ...content, cluster: this.#cluster } : content),
      startedAt: now,
      usedAt: now,
      endsAt: now + this.#limits.lifetime * MICROSECONDS,
    };
    await this.#sessions.begin(session, { ofOwner: this.#limits.ofOne, inAll: IN_ALL });
    this.#cookies[0].set(request, reply, id);
  }

  /** The session of a request, if it has one that lasts; looking at it `again` is no use of it. */
  async of(request: FastifyRequest, again?: 'again'): Promise<OpenSession | undefined> {
    for (const cookie of this.#cookies) {
      const id = idIn(cookie, request);
      const session = id === undefined ? undefined : await this.#open(id, again);
      if (session !== undefined && this.#isOfHere(session)) return session;
    }
    return undefined;
  }

  #isOfHere({ content }: OpenSession): boolean {
    return 'user' in content || content.cluster === this.#cluster;
  }

  async #open(id: string, again: 'again' | undefined): Promise<OpenSession | undefined> {
    const digest = digestOf(id);
    const kept = await this.#sessions.get(digest);
    if (kept === undefined) return undefined;
    const now = this.#now();
    await this.#forget(now);
    if (!this.#lasts(kept, now)) {
      await this.#sessions.end(digest);
      return undefined;
    }
    const idle = this.#limits.idle * MICROSECONDS;
    // Not every request is written down.
    if (again === undefined && now - kept.usedAt > idle / 20)
      await this.#sessions.use(digest, now).catch(unlessFull);
    const content = contentOf(id, kept.sealed);
    // An older release did not keep who it is of: it is nobody’s.
    if (content === undefined || ('user' in content && !('owner' in content))) return undefined;
    return { id, content };
  }

  /** What it is of from now on, if it was not ended meanwhile. */
  async change({ id }: OpenSession, content: SessionContent): Promise<void> {
    await this.#sessions.reseal(digestOf(id), seal(id, content));
  }

  /** Ends it, wherever its cookie is. */
  async endOf({ id }: OpenSession): Promise<void> {
    await this.#sessions.end(digestOf(id));
  }

  /** Whether nobody else, of all replicas, did this for the session within so long. */
  async isFirst({ id }: OpenSession, what: string, milliseconds: number): Promise<boolean> {
    const now = this.#now();
    const note = { what: `${digestOf(id)} ${what}`, now, until: now + milliseconds * MICROSECONDS };
    return firstToNote(this.#sessions, note);
  }

  /** Ends the sessions of a request, and takes their cookies away. One that is good for another cluster alone stays. */
  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    for (const cookie of this.#cookies) {
      if (cookie !== this.#cookies[0] && !(await this.#isGoodHere(idIn(cookie, request)))) continue;
      await this.#endOf(request, cookie);
      cookie.clear(request, reply);
    }
  }

  async #isGoodHere(id: string | undefined): Promise<boolean> {
    const session = id === undefined ? undefined : await this.#open(id, 'again');
    return session !== undefined && this.#isOfHere(session);
  }

  /** The sessions of somebody that last, newest first, and which of them is the one of this request. */
  async list(request: FastifyRequest, owner: Owner): Promise<(KeptSession & { current: boolean })[]> {
    const digests = this.#cookies
      .map((cookie) => idIn(cookie, request))
      .flatMap((id) => (id === undefined ? [] : [digestOf(id)]));
    const now = this.#now();
    const kept = await this.#sessions.of(digestOfOwner(owner));
    return kept
      .filter((each) => this.#lasts(each, now))
      .map((each) => ({ ...each, current: digests.includes(each.digest) }));
  }

  /** Ends every session of somebody. */
  async endAll(owner: Owner): Promise<void> {
    for (const { digest } of await this.#sessions.of(digestOfOwner(owner))) await this.#sessions.end(digest);
  }

  async #endOf(request: FastifyRequest, cookie: OwnCookie): Promise<void> {
    const id = idIn(cookie, request);
    if (id !== undefined) await this.#sessions.end(digestOf(id));
  }

  /** Whom a token of this cluster is of. */
  ownerOfToken(name: string): Owner {
    return { by: 'token', name, cluster: this.#cluster };
  }

  #lasts({ usedAt, endsAt }: KeptSession, now: number): boolean {
    return now < endsAt && now - usedAt < this.#limits.idle * MICROSECONDS;
  }

  async #forget(now: number): Promise<void> {
    if (now - this.#forgotAt < FORGET_MILLISECONDS * MICROSECONDS) return;
    this.#forgotAt = now;
    // Those that ended are none, forgotten or not: nobody is kept from signing in by them.
    const unusedSince = now - (this.#limits.idle + FORGET_MILLISECONDS) * MICROSECONDS;
    await this.#sessions.forget(now, unusedSince).catch(() => {});
  }
}

/** Undefined where the store has something else than was kept: that is nobody’s session, whom nothing keeps from signing out or in anew. */
function contentOf(id: string, sealed: string): SessionContent | undefined {
  try {
    return unseal(id, sealed) as SessionContent;
  } catch {
    return undefined;
  }
}

function idIn(cookie: OwnCookie, request: FastifyRequest): string | undefined {
  const id = cookie.in(request);
  return id !== undefined && isId(id) ? id : undefined;
}

/** Where the disk of a store is full it can be read: who is signed in stays so, and is taken to have done nothing since. */
function unlessFull(error: unknown): void {
  if (!isAway(error)) throw error;
}
