import { Controller, Get, Inject, Query, Req, Res, type OnApplicationBootstrap } from '@nestjs/common';
import { OPERATIONS, type Answered } from '@margay/api-contract';
import { missing, Problem, problemOf, type Log, reasonOf } from '@margay/runtime';
import { CLOCK, type Clock, LOG, Open } from '@margay/runtime/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authority } from '../access/access.ts';
import { Serves } from '../http/serves.ts';
import { SessionKeeper } from '../session/session-keeper.ts';
import { AUTHORITY, SIGN_IN } from '../tokens.ts';
import { OIDC_CALLBACK, OIDC_START, type SignIn } from './sign-in.ts';
import type { OidcProvider } from './oidc-provider.ts';
import { ownPage } from './own-page.ts';
import { PendingLogins } from './pending-logins.ts';
import { problemPage } from './problem-page.ts';

/** The ways to sign in, and the one that leads over an identity provider. */
@Controller()
export class SignInController implements OnApplicationBootstrap {
  readonly #authority: Authority;
  readonly #signIn: SignIn;
  readonly #logins: PendingLogins;
  readonly #sessions: SessionKeeper;
  readonly #log: Log;
  readonly #now: Clock;

  constructor(
    @Inject(AUTHORITY) authority: Authority,
    @Inject(SIGN_IN) signIn: SignIn,
    @Inject(PendingLogins) logins: PendingLogins,
    @Inject(SessionKeeper) sessions: SessionKeeper,
    @Inject(LOG) log: Log,
    @Inject(CLOCK) now: Clock,
  ) {
    this.#authority = authority;
    this.#signIn = signIn;
    this.#logins = logins;
    this.#sessions = sessions;
    this.#log = log;
    this.#now = now;
  }

  /** Says at the start what is wrong with the provider. It is asked again when somebody signs in. */
  onApplicationBootstrap(): void {
    this.#signIn.oidc?.configuration().catch((error: Error) => {
      this.#log.warn('Nobody can sign in by the identity provider now', { reason: reasonOf(error) });
    });
  }

  @Serves(OPERATIONS.waysToSignIn)
  ways(): Answered<typeof OPERATIONS.waysToSignIn> {
    const { oidc, headers } = this.#signIn;
    if (this.#authority.everybody !== undefined) return { items: [], signOut: null };
    return {
      items: [
        ...(oidc ? [{ kind: 'oidc' as const, title: oidc.title, href: OIDC_START }] : []),
        { kind: 'token' as const, title: 'Token', href: null },
      ],
      signOut: headers?.signOut ?? null,
    };
  }

  @Get(OIDC_START)
  @Open()
  start(
    @Query('return') asked: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.#inWords(request, reply, async (provider) => {
      const page = ownPage(asked);
      const { url, ...login } = await provider.begin();
      this.#logins.keep(request, reply, { ...login, page });
      return url.href;
    });
  }

  @Get(OIDC_CALLBACK)
  @Open()
  comeBack(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return this.#inWords(request, reply, async (provider) => {
      const login = this.#logins.take(request, reply);
      if (login === undefined) throw notBegun();
      const search = new URL(request.url, 'http://here.invalid').search;
      const { user, subject, idToken, refresh } = await provider.finish(search, login);
      if (!(await this.#logins.finish(login))) throw notBegun();
      const named = { at: this.#now(), ...(refresh !== undefined && { refresh }) };
      const owner = { by: 'oidc' as const, issuer: provider.issuer, subject };
      await this.#sessions.begin(request, reply, owner, {
        user,
        owner,
        named,
        ...(idToken !== undefined && { idToken }),
      });
      this.#log.info('Somebody signed in', { user: user.name });
      // A cookie may be of anybody's making.
      return ownPage(login.page);
    });
  }

  /** Leads on to where the work says; a browser is told what went wrong on a page. */
  async #inWords(
    { headers }: FastifyRequest,
    reply: FastifyReply,
    work: (provider: OidcProvider) => Promise<string>,
  ): Promise<string> {
    const { oidc } = this.#signIn;
    if (oidc === undefined) throw missing('identity provider to sign in by here');
    try {
      void reply
        .header('location', await work(oidc))
        .header('cache-control', 'no-store')
        .code(302);
      return '';
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      this.#log.warn('Signing in failed', { reason: reasonOf(error) });
      if (!(headers.accept ?? '').includes('text/html')) throw error;
      void reply.code(problem.status).type('text/html; charset=utf-8').header('cache-control', 'no-store');
      return problemPage(problem);
    }
  }
}

const notBegun = () =>
  new Problem(
    401,
    'Unauthorized',
    'This sign-in was not begun in this browser, took more than ten minutes, or is over already: sign in again',
  );
