import type { Instant } from '@margay/ground';
import type { TellerFact } from './tellers.ts';

/** That a source is out of service for good, as somebody said: it tells nothing from an instant on. */
export interface Retirement {
  /** One of the sources that delivered as one; all of them are retired together. */
  readonly source: string;
  /** It told something before, and tells nothing then and later. */
  readonly from: Instant;
  readonly said: Instant;
  /** Who said so. */
  readonly by: string;
  /** What became of it, in their words. */
  readonly because: string;
  /** Who said later that this was wrong: then it counts as if nobody had said it. */
  readonly takenBack?: Word;
}

/** Something that somebody said, when, and why. */
export interface Word {
  readonly said: Instant;
  readonly by: string;
  readonly because: string;
}

/** What is remembered of retirements: each is taken back by the first word behind it that says so of its source. */
export function retirementsIn(facts: readonly TellerFact[]): Retirement[] {
  const takings = facts.filter((fact) => fact.what === 'taken-back').sort((a, b) => a.said - b.said);
  return facts.flatMap((fact) => {
    if (fact.what !== 'retired') return [];
    const { what: _, at: from, ...word } = fact;
    const taking = takings.find(({ source, said }) => source === word.source && said >= word.said);
    if (taking === undefined) return [{ ...word, from }];
    const { said, by, because } = taking;
    return [{ ...word, from, takenBack: { said, by, because } }];
  });
}

/**
 * The retirement that counts: the first one behind all that the source ever told, of those that nobody took back. One that told something
 * afterwards was not gone, and its silence meanwhile is what it would have been.
 */
export const believedOf = ({
  retired = [],
  lastOfAll = -Infinity,
}: {
  readonly retired?: readonly Retirement[];
  readonly lastOfAll?: Instant;
}): Retirement | undefined =>
  retired
    .filter(({ from, takenBack }) => takenBack === undefined && from > lastOfAll)
    .sort((a, b) => a.from - b.from || a.said - b.said)[0];
