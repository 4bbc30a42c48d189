import type { Instant } from '@margay/ground';
import type { User } from '@margay/kubernetes';
import { Problem } from '@margay/runtime';
import type { Clock } from '@margay/runtime/nest';
import type { OpenSession, SessionKeeper } from '../session/session-keeper.ts';
import type { Naming } from './belief.ts';
import type { OidcProvider } from './oidc-provider.ts';

const MICROSECONDS = 1_000;
/** Of all replicas one asks, and none again so soon. Meanwhile what it said before counts. */
const PAUSE_MILLISECONDS = 60_000;

/**
 * Who a session of an identity provider is of: whoever the provider says by now. It is asked again by a refresh token, so that
 * one whom it does not know any more, or whose groups it has changed, has no more than they should.
 */
export class NamedByProvider {
  readonly #provider: OidcProvider;
  readonly #sessions: SessionKeeper;
  readonly #now: Clock;

  constructor(provider: OidcProvider, sessions: SessionKeeper, now: Clock) {
    this.#provider = provider;
    this.#sessions = sessions;
    this.#now = now;
  }

  /** Undefined where it is nobody's any more: the session is ended then. */
  async userOf(session: OpenSession, user: User, naming: Naming): Promise<User | undefined> {
    const { askAgain, atMost } = this.#provider.belief;
    const age = this.#now() - naming.at;
    const answer =
      naming.refresh !== undefined && age >= askAgain * MICROSECONDS
        ? await this.#ask(session, user, naming.refresh, naming.at)
        : 'no answer';
    if (answer !== 'no answer' && answer !== 'nobody') return answer;
    if (answer === 'no answer' && age < atMost * MICROSECONDS) return user;
    await this.#sessions.endOf(session);
    return undefined;
  }

  async #ask(
    session: OpenSession,
    user: User,
    refresh: string,
    at: Instant,
  ): Promise<User | 'nobody' | 'no answer'> {
    // A provider that takes each refresh token once takes a second use for theft, and ends it all.
    if (!(await this.#sessions.isFirst(session, `asked again of ${at}`, PAUSE_MILLISECONDS)))
      return 'no answer';
    try {
      const said = await this.#provider.again(refresh);
      // It says that the token is good, and not whose it is: that is no answer to come back for.
      if (said.user === undefined) {
        await this.#sessions.change(session, { user, named: { at } });
        return 'no answer';
      }
      if (said.user.name !== user.name) return 'nobody';
      await this.#sessions.change(session, {
        user: said.user,
        named: { at: this.#now(), refresh: said.refresh ?? refresh },
      });
      return said.user;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error.status === 401 ? 'nobody' : 'no answer';
    }
  }
}
