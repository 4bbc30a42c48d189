import type { CoverageMark } from '@margay/coverage';

/** What is kept of a mark, in either store: what is a mark's, without what messages have beside it. */
export function markText({
  source,
  goesOnFrom,
  from,
  to,
  buckets,
  timeless,
  problems,
  problemsTotal,
  canaries,
  setBack,
}: CoverageMark): string {
  return JSON.stringify({
    source,
    goesOnFrom,
    from,
    to,
    buckets,
    timeless,
    problems,
    problemsTotal,
    canaries,
    setBack,
  });
}
