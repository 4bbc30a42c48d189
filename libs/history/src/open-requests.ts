import type { Change } from './change.ts';
import type { PolicyEvent } from './policy-event.ts';
import { changesIn, type Reading } from './reading.ts';
import { answerTo } from './unread-write.ts';

/** How many requests are remembered: those that are being answered, and the answers of which the request may come later. */
const REMEMBERED_MAX = 100_000;

/** How many answers are held until it is known whether the log has requests at all. */
const FIRST_MAX = 1_000;

/** What a batch tells, beside what became of each of its texts. */
export interface Told {
  readonly changes: readonly Change[];
  readonly policyEvents: readonly PolicyEvent[];
}

/** A request that waits for its answer. */
interface Asked {
  readonly asked: readonly Change[];
  readonly attempt: PolicyEvent | undefined;
}

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

  /** What the readings of a batch tell, what is open and what is settled by them included. */
  tell(readings: readonly Reading[]): Told {
    const changes: Change[] = [];
    const policyEvents: PolicyEvent[] = [];
    const open = new Map<string, Asked>();
    for (const reading of readings) {
      changes.push(...changesIn(reading));
      if (reading.kind !== 'unusable' && reading.policyEvent) policyEvents.push(reading.policyEvent);
      const { request, asked, attempt } = reading;
      if (request === undefined) continue;
      if (asked !== undefined) {
        changes.push(...this.#seeRequest());
        if (!this.#answered.delete(request)) open.set(request, { asked, attempt });
      } else if (!open.delete(request)) changes.push(...this.#answer(request, reading.answers ?? []));
    }
    for (const [request, { asked, attempt }] of open) {
      changes.push(...asked);
      if (attempt !== undefined) policyEvents.push(attempt);
      remember(this.#asked, () => this.#asked.set(request, asked));
    }
    return { changes, policyEvents };
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
