import type { Coverage, Outcome } from '@margay/api-contract';
import { printedSources, isOfFlows, tellsOfTime, lostKnowledge, type CoverageMark } from '@margay/coverage';
import { formatInstant } from '@margay/ground';

const BUCKETS = 96;
const PROBLEMS_MAX = 50;

type Sums = Record<Outcome, number>;
const nothing = (): Sums => ({ kept: 0, ignored: 0, doubtful: 0, unusable: 0 });

function add(sums: Sums, counts: CoverageMark['timeless']): void {
  for (const [outcome, n] of Object.entries(counts)) sums[outcome.split(':')[0] as Outcome] += n;
}

/** What every source delivered, drawn over so many stretches of the time that they span. */
export function coverageOf(all: readonly CoverageMark[]): Coverage {
  const marks = all.filter(({ source }) => tellsOfTime(source) || lostKnowledge(source) !== undefined);
  const minutes = marks.flatMap(({ buckets }) => buckets);
  const from = Math.min(...minutes.map(({ first }) => first));
  const to = Math.max(...minutes.map(({ last }) => last)) + 1;
  const width = Math.max(1, (to - from) / BUCKETS);
  const isEmpty = minutes.length === 0;
  const [flows, audit] = [true, false].map((of) =>
    printedSources(marks.map(({ source }) => source).filter((source) => isOfFlows(source) === of)),
  );
  const printed = (source: string) => audit?.get(source) ?? `flows: ${flows?.get(source) ?? source}`;
  return {
    from: isEmpty ? null : formatInstant(from),
    to: isEmpty ? null : formatInstant(to),
    sources: [...Map.groupBy(marks, ({ source }) => source)].map(([source, of]) => {
      const own = of.flatMap(({ buckets }) => buckets);
      const drawn = Array.from({ length: isEmpty ? 0 : BUCKETS }, nothing);
      for (const { first, counts } of own)
        add(drawn[Math.min(BUCKETS - 1, Math.floor((first - from) / width))]!, counts);
      const timeless = nothing();
      for (const mark of of) add(timeless, mark.timeless);
      const listed = of
        .flatMap(({ problems }) => problems)
        .sort((a, b) => (b.at ?? 0) - (a.at ?? 0))
        .slice(0, PROBLEMS_MAX);
      return {
        source: printed(source),
        first: own.length === 0 ? null : formatInstant(Math.min(...own.map(({ first }) => first))),
        last: own.length === 0 ? null : formatInstant(Math.max(...own.map(({ last }) => last))),
        buckets: drawn,
        timeless,
        problems: {
          total: of.reduce((sum, { problemsTotal }) => sum + problemsTotal, 0),
          listed: listed.map(({ at, reason, message }) => ({
            at: at === undefined ? null : formatInstant(at),
            reason,
            message,
          })),
        },
      };
    }),
  };
}
