import type { Instant, Interval } from '@margay/ground';
import type { Doubtful, OpenDoubt } from './doubtful.ts';
import { type DoubtSince, isNotShown, type May } from './object-doubt.ts';

/** A stretch of time in which the same is open. */
export interface DoubtStretch {
  readonly start: Instant;
  /** Infinity where it lasts. */
  readonly end: Instant;
  readonly doubt: DoubtSince;
  /** The objects' uid, empty where it is not known or there are several. */
  readonly uid: string;
  /** It begins with a creation: if that was done, and else there is none. */
  readonly isBirth: boolean;
}

/**
 * The stretches, ascending, in which something is open: of several doubts the earliest, with the widest that may be. What an event does
 * not show is named only where nothing else is open: what settles it leaves the others as they are.
 *
 * @param unseen of objects that were never seen. There a stretch that begins with a creation is about that: what ended the one
 *   before, as the end of its namespace, did not end what was made.
 */
export function stretchesOf(open: readonly OpenDoubt[], unseen?: 'unseen'): DoubtStretch[] {
  const starts = open.filter(({ start, until }) => start < until).sort((a, b) => a.start - b.start);
  const ends = starts.toSorted((a, b) => a.until - b.until);
  const instants = [...new Set(starts.flatMap(({ start, until }) => [start, until]))].sort((a, b) => a - b);
  const stretches: DoubtStretch[] = [];
  const count: Record<May, number> = { 'be-gone': 0, differ: 0, 'be-anything': 0 };
  const refuted = new Set<OpenDoubt>();
  const others = starts.filter(isFirm);
  let [next, over, earliest, other] = [0, 0, 0, 0];
  for (const [i, start] of instants.entries()) {
    let creation: OpenDoubt | undefined;
    for (let one = starts[next]; one !== undefined && one.start <= start; one = starts[++next]) {
      count[one.may]++;
      if (one.refutedAt !== undefined) refuted.add(one);
      if (unseen && one.of.created === true) creation = one;
    }
    for (let one = ends[over]; one !== undefined && one.until <= start; one = ends[++over]) {
      count[one.may]--;
      refuted.delete(one);
    }
    while (earliest < next && (starts[earliest] as OpenDoubt).until <= start) earliest++;
    while (other < others.length && (others[other] as OpenDoubt).until <= start) other++;
    const end = instants[i + 1] ?? Infinity;
    if (earliest < next && start < end) {
      const first = starts[earliest] as OpenDoubt;
      const shown = others[other];
      const firm = shown !== undefined && shown.start <= start ? shown : undefined;
      const own = firm === undefined || (creation !== undefined && isFirm(creation)) ? creation : undefined;
      const said = { of: (own ?? firm ?? first).of, since: (own ?? first).of.receivedAt };
      const stretch = stretchOf({ start, end }, said, count, refuted);
      const last = stretches.at(-1);
      if (last !== undefined && goesOn(last, stretch)) stretches[stretches.length - 1] = { ...last, end };
      else stretches.push(stretch);
    }
  }
  return stretches;
}

const MORE = ' There are more doubts about it.';

/** True where nothing is open but what the doubt says. */
export const isOnly = ({ message }: DoubtSince): boolean => !message.endsWith(MORE);

/** True for what is open for more than that an event does not show it. */
const isFirm = ({ of: { doubt, origin } }: OpenDoubt): boolean =>
  !isNotShown({ reason: doubt.reason, source: origin.source });

/** @param said what it is said to be, and since when something is open. */
function stretchOf(
  { start, end }: Interval,
  { of, since }: { readonly of: Doubtful; readonly since: Instant },
  count: Readonly<Record<May, number>>,
  refuted: ReadonlySet<OpenDoubt>,
): DoubtStretch {
  const { reason, message } = of.doubt;
  const all = count['be-gone'] + count.differ + count['be-anything'];
  const several = all > 1;
  const refutedAt =
    refuted.size < all ? undefined : Math.max(...Array.from(refuted, (one) => one.refutedAt ?? Infinity));
  return {
    start,
    end,
    doubt: {
      reason,
      may: widest(count),
      message: several ? message + MORE : message,
      since: Math.min(of.receivedAt, since),
      answeredAt: of.at,
      source: of.origin.source,
      ...(refutedAt !== undefined && { refutedAt }),
    },
    uid: of.uid ?? '',
    isBirth: of.created === true && start === of.receivedAt,
  };
}

const goesOn = (last: DoubtStretch, next: DoubtStretch): boolean =>
  last.end === next.start && last.uid === next.uid && sameDoubt(last.doubt, next.doubt);

function widest(count: Readonly<Record<May, number>>): May {
  if (count['be-anything'] > 0 || (count['be-gone'] > 0 && count.differ > 0)) return 'be-anything';
  return count.differ > 0 ? 'differ' : 'be-gone';
}

/** True where both say the same. */
export const sameDoubt = (a: DoubtSince | undefined, b: DoubtSince | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.since === b.since &&
    a.answeredAt === b.answeredAt &&
    a.refutedAt === b.refutedAt &&
    a.may === b.may &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.source === b.source);
