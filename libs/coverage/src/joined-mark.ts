import { type Bucket, type CoverageMark, isHeard, PROBLEMS_MAX } from './mark.ts';
import { sumOf } from './delivery.ts';
import { heardTogether } from './heard.ts';

/**
 * The mark of two stretches, of which the one goes on where the other ends: the same as that of all that was read in both, but for
 * what has no time and stands at the border.
 */
export function joinedMark(a: CoverageMark, b: CoverageMark): CoverageMark {
  const buckets = new Map<number, Bucket>(a.buckets.map((bucket) => [bucket.minute, bucket]));
  for (const bucket of b.buckets) {
    const known = buckets.get(bucket.minute);
    buckets.set(bucket.minute, known === undefined ? bucket : joinedBucket(known, bucket));
  }
  const canaries = [...(a.canaries ?? []), ...(b.canaries ?? [])];
  const setBack = [...(a.setBack ?? []), ...(b.setBack ?? [])];
  return {
    source: a.source,
    ...(a.goesOnFrom !== undefined && { goesOnFrom: a.goesOnFrom }),
    from: a.from,
    to: b.to,
    buckets: [...buckets.values()].sort((one, other) => one.minute - other.minute),
    timeless: sumOf(a.timeless, b.timeless),
    problems: [...a.problems, ...b.problems].slice(0, PROBLEMS_MAX),
    problemsTotal: a.problemsTotal + b.problemsTotal,
    ...(canaries.length > 0 && { canaries }),
    ...(setBack.length > 0 && { setBack }),
  };
}

function joinedBucket(a: Bucket, b: Bucket): Bucket {
  // Of a minute in which one of them heard nothing, the other tells.
  const heard = [a, b].filter(isHeard);
  const timed = heard.length === 0 ? [b] : heard;
  return {
    minute: a.minute,
    ...heardTogether(timed.map(({ minute: _, counts: __, ...heard }) => heard)),
    counts: sumOf(a.counts, b.counts),
  };
}
