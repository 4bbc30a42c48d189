import type { Change } from './change.ts';
import { changesIn, type Reading } from './reading.ts';

/** How many requests are remembered: those that are being answered, and the answers of which the request may come later. */
const REMEMBERED_MAX = 100_000;

/**
 * Pairs the events of one source that a request was received with those that tell its answer.
 *
 * Most pairs stand beside each other and come to nothing. A request that is unanswered when its batch ends becomes a doubt, for
 * the API server may have been killed; should the answer come in a later batch, a change of its own settles the doubt. So what
 * follows from a log does not depend on how it is cut. An answer that another process reads settles the doubts about the
 * object that it shows, and no others.
 */
export class OpenRequests {
  readonly #asked = new Map<string, readonly Change[]>();
  readonly #answered = new Set<string>();
  #seenAny = false;

  /** All changes of the readings of a batch, what is open and what is settled by them included. */
  changesOf(readings: readonly Reading[]): readonly Change[] {
    const changes: Change[] = [];
    const open = new Map<string, readonly Change[]>();
    for (const reading of readings) {
      changes.push(...changesIn(reading));
      const { request, asked } = reading;
      if (request === undefined) continue;
      if (asked !== undefined) {
        this.#seenAny = true;
        if (!this.#answered.delete(request)) open.set(request, asked);
      } else if (!open.delete(request)) changes.push(...this.#answer(request));
    }
    for (const [request, asked] of open) {
      changes.push(...asked);
      remember(this.#asked, () => this.#asked.set(request, asked));
    }
    return changes;
  }

  #answer(request: string): readonly Change[] {
    const asked = this.#asked.get(request);
    if (asked !== undefined) {
      this.#asked.delete(request);
      return asked.map(answerTo);
    }
    if (this.#seenAny) remember(this.#answered, () => this.#answered.add(request));
    return [];
  }
}

function answerTo({ doubt: _, created: __, ...asked }: Change): Change {
  return { ...asked, id: `${asked.id}#answered`, what: 'answered' };
}

/** Adds to what is remembered; the oldest is forgotten. */
function remember(held: Map<string, unknown> | Set<string>, add: () => void): void {
  const oldest = held.size < REMEMBERED_MAX ? undefined : held.keys().next().value;
  if (oldest !== undefined) held.delete(oldest);
  add();
}
