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
}

/** What is remembered of retirements. */
export const retirementsIn = (facts: readonly TellerFact[]): Retirement[] =>
  facts.flatMap((fact) => {
    if (fact.what !== 'retired') return [];
    const { what: _, at: from, ...said } = fact;
    return [{ ...said, from }];
  });

/**
 * The retirement that counts: the first one behind all that the source ever told. One that told something afterwards was not gone, and its
 * silence meanwhile is what it would have been.
 */
export const believedOf = ({
  retired = [],
  lastOfAll = -Infinity,
}: {
  readonly retired?: readonly Retirement[];
  readonly lastOfAll?: Instant;
}): Retirement | undefined =>
  retired.filter(({ from }) => from > lastOfAll).sort((a, b) => a.from - b.from || a.said - b.said)[0];
