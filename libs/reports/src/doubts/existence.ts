import { type Instant, keyText, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import type { OpenPiece } from './pieces.ts';
import type { SightsByKey } from './sights.ts';
import type { WideDoubt } from './wide-doubts.ts';

/**
 * Until when objects are known to have existed: what is seen later, or ends later by its own event, was there all the time,
 * since a uid is never used again. What came after the window is not looked at.
 */
export class Existence {
  readonly #until = new Map<string, Instant>();

  constructor(
    versions: readonly Version[],
    open: readonly WideDoubt[],
    sights: SightsByKey,
    { end }: Pick<Window, 'end'>,
  ) {
    if (open.length === 0) return;
    for (const version of versions) {
      const text = objectText(version);
      if (version.doubt === undefined) this.#note(text, version.validFrom);
      const { endedBy, validTo = Infinity } = version;
      if (endedBy === 'event' && validTo < end) this.#note(text, validTo);
    }
    for (const { until } of open) {
      for (const sight of sights.from(until).values()) this.#note(objectText(sight), sight.at);
    }
  }

  /** What a doubt leaves open of a version up to the instant at which it is settled. */
  pieces(
    version: Version,
    { id, since, known = 'be-anything', onlyTouchedIn }: WideDoubt,
    settled: Instant,
  ): OpenPiece[] {
    const { validFrom, validTo = Infinity } = version;
    const from = Math.max(validFrom, since);
    const to = Math.min(validTo, settled);
    if (from >= to) return [];
    // Where a time came twice, nobody knows what was later.
    const seen = onlyTouchedIn === undefined ? this.#until.get(objectText(version)) : undefined;
    const there = Math.min(to, Math.max(from, seen ?? -Infinity));
    // What was there all the time may still have changed meanwhile, unless the doubt is about its end alone.
    const pieces: OpenPiece[] = [];
    if (from < there && known !== 'be-gone') pieces.push({ from, to: there, doubted: { id, may: 'differ' } });
    if (there < to) pieces.push({ from: there, to, doubted: { id, may: known } });
    return pieces;
  }

  #note(text: string, instant: Instant): void {
    if (instant > (this.#until.get(text) ?? -Infinity)) this.#until.set(text, instant);
  }
}

const objectText = (object: Pick<Version, 'group' | 'resource' | 'namespace' | 'name' | 'uid'>): string =>
  `${keyText(object)} ${object.uid}`;
