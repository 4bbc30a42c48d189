import type { User } from '@margay/kubernetes';
import { problemOf } from '@margay/runtime';
import type { Clock } from '@margay/runtime/nest';
import type { NamedContent, OpenSession, SessionKeeper } from '../session/session-keeper.ts';
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
  async userOf(session: OpenSession, content: NamedContent): Promise<User | undefined> {
    const answer = await this.#answerOf(session, content);
    if (answer !== 'no answer' && answer !== 'nobody') return answer;
    const { named, user } = content;
    if (answer === 'no answer' && this.#now() - named.at < this.#provider.belief.atMost * MICROSECONDS)
      return user;
    await this.#sessions.endOf(session);
    return undefined;
  }

  async #answerOf(session: OpenSession, content: NamedContent): Promise<User | 'nobody' | 'no answer'> {
    const { owner, named } = content;
    // Of whom another one named this one knows nothing, and its refresh token is none of this one’s business.
    if (owner.issuer !== this.#provider.issuer) return 'nobody';
    const { at, refresh } = named;
    if (refresh === undefined || this.#now() - at < this.#provider.belief.askAgain * MICROSECONDS)
      return 'no answer';
    return this.#ask(session, content, refresh);
  }

  async #ask(
    session: OpenSession,
    content: NamedContent,
    refresh: string,
  ): Promise<User | 'nobody' | 'no answer'> {
    // A provider that takes each refresh token once takes a second use for theft, and ends it all.
    if (!(await this.#sessions.isFirst(session, `asked again of ${content.named.at}`, PAUSE_MILLISECONDS)))
      return 'no answer';
    try {
      const said = await this.#provider.again(refresh);
      // It says that the token is good, and not whose it is: that is no answer to come back for.
      if (said.user === undefined) {
        await this.#sessions.change(session, { ...content, named: { at: content.named.at } });
        return 'no answer';
      }
      const { user, subject } = said;
      if (subject !== content.owner.subject || user.name !== content.user.name) return 'nobody';
      await this.#sessions.change(session, {
        ...content,
        user,
        named: { at: this.#now(), refresh: said.refresh ?? refresh },
      });
      return user;
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      return problem.status === 401 ? 'nobody' : 'no answer';
    }
  }
}
