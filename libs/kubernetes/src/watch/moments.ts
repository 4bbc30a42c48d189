import { type Instant, SECOND } from '@margay/ground';
import { TOLD_AT_ONCE } from '@margay/history';
import type { WatchEvent } from '../client/client.ts';
import type { Dates } from './dates.ts';

/** When what an event tells happened: after `notBefore`, and by `at`. */
export interface Moment {
  readonly notBefore: Instant;
  readonly at: Instant;
}

/** So many events of one batch are dated, each by a question or two: those between are between their dates. */
const DATED_MAX = 16;

/**
 * When the events of a batch happened.
 *
 * What a watch tells at once happened when it came in. What may have waited – while the watch was away, its connection hung, or more came
 * than could be read – is dated by what the objects themselves say of their last write, by the leases of the cluster, and by its
 * neighbours, since the events of a watch are in the order in which they happened.
 *
 * @param since up to when everything was told before. @param at when the batch came in.
 * @param writtenBy when an object was written by the event, by its own record and cut to the second; undefined where it does not say.
 */
export async function momentsOf(
  events: readonly WatchEvent[],
  { since, at }: { readonly since: Instant; readonly at: Instant },
  writtenBy: (event: WatchEvent) => Instant | undefined,
  dates: Dates,
  signal?: AbortSignal,
): Promise<readonly Moment[]> {
  const from = Math.min(since, at);
  if (at - from <= TOLD_AT_ONCE) return events.map(() => ({ notBefore: from, at }));
  const bounds = new Bounds(events.length, from, at);
  for (const [i, event] of events.entries()) {
    const written = writtenBy(event);
    if (written !== undefined && written >= from - SECOND) bounds.narrow(i, written, written + SECOND);
  }
  const asked = new Set<number>();
  while (asked.size < DATED_MAX) {
    const widest = bounds.widest((i) => !asked.has(i) && events[i]?.type !== 'BOOKMARK');
    if (widest === undefined) break;
    asked.add(widest);
    const version = events[widest]?.object.metadata.resourceVersion ?? '';
    const before = await dates.before(version, signal);
    if (before === undefined || before.notBefore > at + TOLD_AT_ONCE) break;
    const { notBefore } = before;
    const isAtOnce = at - Math.max(notBefore, from) <= TOLD_AT_ONCE;
    const by = isAtOnce ? undefined : await dates.by(version, before, signal);
    bounds.narrow(widest, notBefore, by ?? at);
  }
  return events.map((_, i) => bounds.of(i));
}

/** Between which instants each of some events in their order was. */
class Bounds {
  readonly #from: Instant[];
  readonly #to: Instant[];
  readonly #at: Instant;

  constructor(count: number, from: Instant, at: Instant) {
    this.#from = Array.from({ length: count }, () => from);
    this.#to = Array.from({ length: count }, () => at);
    this.#at = at;
  }

  /** What one was not before none after it was, and none before it was after it. Where that cannot be, nothing is narrowed. */
  narrow(i: number, from: Instant, to: Instant): void {
    if (from > this.#to[i]! || to < this.#from[i]!) return;
    for (let j = i; j < this.#from.length && this.#from[j]! < from; j++)
      this.#from[j] = Math.min(from, this.#to[j]!);
    for (let j = i; j >= 0 && this.#to[j]! > to; j--) this.#to[j] = Math.max(to, this.#from[j]!);
  }

  /** The one of which least is known, if too little is. */
  widest(isMeant: (i: number) => boolean): number | undefined {
    let found: number | undefined;
    const width = (i: number) => this.#to[i]! - this.#from[i]!;
    for (const i of this.#from.keys()) {
      if (!isMeant(i) || width(i) <= TOLD_AT_ONCE) continue;
      if (found === undefined || width(i) > width(found)) found = i;
    }
    return found;
  }

  of(i: number): Moment {
    const [notBefore, to] = [this.#from[i]!, this.#to[i]!];
    // What may have come at once did: by one clock, as all that comes at once.
    return { notBefore, at: this.#at - notBefore <= TOLD_AT_ONCE ? this.#at : to };
  }
}
