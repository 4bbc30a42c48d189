import type { Change } from './change.ts';
import { changesIn, type Reading } from './reading.ts';
import { answerTo } from './unread-write.ts';

/** How many requests are remembered: those that are being answered, and the answers of which the request may come later. */
const REMEMBERED_MAX = 100_000;

/** How many answers are held until it is known whether the log has requests at all. */
const FIRST_MAX = 1_000;

/**
 * Pairs the events of one source that a request was received with those that tell its answer.
 *
 * Most pairs stand beside each other and come to nothing. A request that is unanswered when its batch ends becomes a doubt, for
 * the API server may have been killed; should the answer come in a later batch, a change of its own settles the doubt. So what
 * follows from a log does not depend on how it is cut. Where another process reads the
 * request, the answer settles it, too: by what it shows, or by a change that says no more than that there was one.
 */
export class OpenRequests {
  readonly #asked = new Map<string, readonly Change[]>();
  readonly #answered = new Set<string>();
  #seenAny = false;
  /** Of the answers that came before any request. */
  readonly #firstAnswers: Change[] = [];

  /** All changes of the readings of a batch, what is open and what is settled by them included. */
  changesOf(readings: readonly Reading[]): readonly Change[] {
    const changes: Change[] = [];
    const open = new Map<string, readonly Change[]>();
    for (const reading of readings) {
      changes.push(...changesIn(reading));
      const { request, asked } = reading;
      if (request === undefined) continue;
      if (asked !== undefined) {
        changes.push(...this.#seeRequest());
        if (!this.#answered.delete(request)) open.set(request, asked);
      } else if (!open.delete(request)) changes.push(...this.#answer(request, reading.answers ?? []));
    }
    for (const [request, asked] of open) {
      changes.push(...asked);
      remember(this.#asked, () => this.#asked.set(request, asked));
    }
    return changes;
  }

  #answer(request: string, answers: readonly Change[]): readonly Change[] {
    const asked = this.#asked.get(request);
    if (asked !== undefined) {
      this.#asked.delete(request);
      return asked.map(answerTo);
    }
    if (!this.#seenAny) {
      if (this.#firstAnswers.length < FIRST_MAX) this.#firstAnswers.push(...answers);
      return [];
    }
    remember(this.#answered, () => this.#answered.add(request));
    return answers;
  }

  /** From the first request on it is known that the log has requests, which other processes may read. */
  #seeRequest(): readonly Change[] {
    this.#seenAny = true;
    return this.#firstAnswers.splice(0);
  }
}

/** Adds to what is remembered; the oldest is forgotten. */
function remember(held: Map<string, unknown> | Set<string>, add: () => void): void {
  const oldest = held.size < REMEMBERED_MAX ? undefined : held.keys().next().value;
  if (oldest !== undefined) held.delete(oldest);
  add();
}
