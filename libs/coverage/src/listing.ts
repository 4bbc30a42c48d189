import { type Instant, minuteOf } from '@margay/ground';
import type { Delivery } from './delivery.ts';
import type { CoverageMark } from './mark.ts';
import { listedKind, listedSource } from './source.ts';

/** The whole state of a kind, as it was seen at an instant. */
export interface Listing {
  readonly group: string;
  readonly resource: string;
  readonly at: Instant;
}

/** The mark of a list. The same list gives the same mark. */
export const listingMark = ({ at, ...kind }: Listing): CoverageMark => ({
  source: listedSource(kind, at),
  from: 0,
  to: 1,
  buckets: [{ minute: minuteOf(at), first: at, last: at, counts: { 'ignored:listed': 1 } }],
  timeless: {},
  problems: [],
  problemsTotal: 0,
});

/** The lists that are among what sources delivered. */
export const listingsIn = (deliveries: readonly Delivery[]): Listing[] =>
  deliveries.flatMap(({ source, first }) => {
    const kind = listedKind(source);
    return kind === undefined || first === undefined ? [] : [{ ...kind, at: first }];
  });
