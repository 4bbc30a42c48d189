/**
 * The entries `[start, end)` of a tree whose hashes make one node of it. Every node of a tree stands over such a range, and the ranges
 * that RFC 6962 makes are all that is used here.
 */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A node beside the way from the root to some entry. */
export interface Beside extends Range {
  /** On which side of the way it stands. */
  readonly on: 'left' | 'right';
}

/** The greatest power of two below a number of entries: so many stand on the left of their node (RFC 6962, 2.1). */
export function leftOf(entries: number): number {
  let left = 1;
  // Doubled and not shifted: sizes go beyond 32 bits.
  while (left * 2 < entries) left *= 2;
  return left;
}

/**
 * What stands beside the way to an entry, from the entry upwards: the ranges of its inclusion proof (RFC 6962, 2.1.1).
 *
 * @param index below `size`.
 */
export function besideEntry(index: number, size: number): Beside[] {
  const beside: Beside[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + leftOf(end - start);
    if (index < middle) {
      beside.push({ on: 'right', start: middle, end });
      end = middle;
    } else {
      beside.push({ on: 'left', start, end: middle });
      start = middle;
    }
  }
  return beside.reverse();
}

/** How a tree is seen to go on from an older one. */
export interface Growth {
  /** The greatest node that is whole in both and ends where the older one does. */
  readonly shared: Range;
  /** What stands beside the way to it in the newer tree, upwards. */
  readonly beside: readonly Beside[];
}

/**
 * The ranges of a consistency proof (RFC 6962, 2.1.2): `shared`, unless it is the whole older tree, then `beside`.
 *
 * @param older from 1 to `newer`.
 */
export function growthOf(older: number, newer: number): Growth {
  const beside: Beside[] = [];
  let [start, end] = [0, newer];
  while (end !== older) {
    const middle = start + leftOf(end - start);
    if (older <= middle) {
      beside.push({ on: 'right', start: middle, end });
      end = middle;
    } else {
      beside.push({ on: 'left', start, end: middle });
      start = middle;
    }
  }
  return { shared: { start, end }, beside: beside.reverse() };
}

/** A range taken apart into whole ones, whose lengths are powers of two, from left to right: the longest first. */
export function wholeRangesOf({ start, end }: Range): Range[] {
  const whole: Range[] = [];
  let at = start;
  while (at < end) {
    let length = 1;
    while (length * 2 <= end - at) length *= 2;
    whole.push({ start: at, end: at + length });
    at += length;
  }
  return whole;
}
