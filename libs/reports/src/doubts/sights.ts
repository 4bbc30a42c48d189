import { type Instant, keyText } from '@margay/ground';
import type { Sight, Version } from '@margay/history';

/** From when on the first sight of each object is asked for: of requests that came in then or later. */
export type FirstSights = ReadonlyMap<Instant, Iterable<Sight>>;

/** First sights by key text, for each instant from which on they are asked for. */
export class SightsByKey {
  readonly #given: FirstSights;
  readonly #versions: readonly Version[];
  readonly #byKey = new Map<Instant, ReadonlyMap<string, Sight>>();

  /** @param versions tell of sights too: of those that made a version, which is all there are unless more are given. */
  constructor(given: FirstSights, versions: readonly Version[]) {
    this.#given = given;
    this.#versions = versions;
  }

  /** The first sights that were asked for from an instant on. */
  from(instant: Instant): ReadonlyMap<string, Sight> {
    let found = this.#byKey.get(instant);
    if (found === undefined) {
      found = firstByKey(this.#given.get(instant) ?? this.#begunFrom(instant));
      this.#byKey.set(instant, found);
    }
    return found;
  }

  *#begunFrom(instant: Instant): Iterable<Sight> {
    for (const version of this.#versions) {
      if (version.doubt === undefined && version.validFrom >= instant)
        yield { ...version, at: version.validFrom };
    }
  }
}

function firstByKey(sights: Iterable<Sight>): ReadonlyMap<string, Sight> {
  const first = new Map<string, Sight>();
  for (const sight of sights) {
    const text = keyText(sight);
    const known = first.get(text);
    if (known === undefined || sight.at < known.at) first.set(text, sight);
  }
  return first;
}
