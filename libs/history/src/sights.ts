import { compareResourceVersions, type Instant } from '@margay/ground';
import type { Change } from './change.ts';
import type { Doubtful } from './doubtful.ts';
import { isPartial } from './lives.ts';
import { isWatched } from './watched.ts';

/**
 * All sights of one object: what was asked for, and what a watch told. With whatever comes after, what a watch says from an instant on is all
 * that there was.
 */
export class Sights {
  readonly #asked: OrderedSights;
  readonly #watched: OrderedSights;

  constructor(sights: readonly Change[]) {
    this.#asked = new OrderedSights(
      sights.filter((sight) => !isWatched(sight)),
      ({ receivedAt }) => receivedAt,
    );
    this.#watched = new OrderedSights(sights.filter(isWatched), ({ at }) => at);
  }

  /** When the first request for it came in. */
  get askedAt(): Instant {
    return Math.min(this.#asked.first, this.#watched.first);
  }

  /** When the last of all was answered. */
  get lastAt(): Instant {
    return Math.max(this.#asked.lastAt, this.#watched.lastAt);
  }

  /** Whether it was seen when the doubtful request was over. */
  isAfter({ at, receivedAt }: Doubtful): boolean {
    return this.#asked.last >= at || this.#watched.last >= receivedAt;
  }

  /** When it was first seen whole after the doubtful request; Infinity where it was not. */
  firstWholeAfter({ at, receivedAt }: Doubtful): Instant {
    return Math.min(this.#asked.firstWhole(at), this.#watched.firstWhole(receivedAt));
  }

  /** True where it was seen afterwards as it had been before. */
  isUnchangedBy({ at, receivedAt }: Doubtful): boolean {
    const before = [this.#asked, this.#watched].map((sights) => sights.greatestVersion(receivedAt));
    const after = [this.#asked.leastVersion(at), this.#watched.leastVersion(receivedAt)];
    return after.some(
      (version) =>
        version !== undefined &&
        before.some((old) => old !== undefined && compareResourceVersions(version, old) <= 0),
    );
  }
}

/** Sights in the order of the instants as of which they show the object. */
class OrderedSights {
  readonly #sights: readonly Change[];
  readonly #asOf: (sight: Change) => Instant;
  /** Of each sight and all after it: the least. */
  readonly #leastVersion: (string | undefined)[] = [];
  readonly #leastWholeAt: Instant[] = [];
  readonly #byAnswered: readonly Change[];
  readonly #greatestVersion: (string | undefined)[] = [];

  constructor(sights: readonly Change[], asOf: (sight: Change) => Instant) {
    this.#asOf = asOf;
    this.#sights = sights.toSorted((a, b) => asOf(a) - asOf(b));
    let version: string | undefined;
    let wholeAt = Infinity;
    for (let i = this.#sights.length - 1; i >= 0; i--) {
      const sight = this.#sights[i] as Change;
      if (version === undefined || compareResourceVersions(sight.resourceVersion, version) < 0)
        version = sight.resourceVersion;
      if (!isPartial(sight)) wholeAt = Math.min(wholeAt, sight.at);
      this.#leastVersion[i] = version;
      this.#leastWholeAt[i] = wholeAt;
    }
    this.#byAnswered = sights.toSorted((a, b) => a.at - b.at);
    let greatest: string | undefined;
    for (const [i, { resourceVersion }] of this.#byAnswered.entries()) {
      if (compareResourceVersions(resourceVersion, greatest) > 0) greatest = resourceVersion;
      this.#greatestVersion[i] = greatest;
    }
  }

  get first(): Instant {
    return this.#sights[0]?.receivedAt ?? Infinity;
  }

  get last(): Instant {
    const last = this.#sights.at(-1);
    return last === undefined ? -Infinity : this.#asOf(last);
  }

  get lastAt(): Instant {
    return this.#byAnswered.at(-1)?.at ?? -Infinity;
  }

  firstWhole(from: Instant): Instant {
    return this.#leastWholeAt[this.#placeOf(from)] ?? Infinity;
  }

  leastVersion(from: Instant): string | undefined {
    return this.#leastVersion[this.#placeOf(from)];
  }

  /** Of what had been answered by then. */
  greatestVersion(by: Instant): string | undefined {
    return this.#greatestVersion[firstFrom(this.#byAnswered, ({ at }) => at > by) - 1];
  }

  #placeOf(from: Instant): number {
    return firstFrom(this.#sights, (sight) => this.#asOf(sight) >= from);
  }
}

/** The place of the first item for which the test, which stays true from there on, is true; else the length. */
function firstFrom(items: readonly Change[], test: (item: Change) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(items[middle] as Change)) high = middle;
    else low = middle + 1;
  }
  return low;
}
