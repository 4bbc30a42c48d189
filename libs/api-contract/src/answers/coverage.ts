import * as z from 'zod';
import { count, instant, list } from './list.ts';

const bucket = z.object({ kept: count, ignored: count, doubtful: count, unusable: count });
/** What can become of something that was read. */
export type Outcome = keyof z.output<typeof bucket>;

const sourceCoverage = z.object({
  source: z.string(),
  first: instant.nullable(),
  last: instant.nullable(),
  buckets: list(bucket).meta({ description: 'Equal stretches of time between `from` and `to`.' }),
  timeless: bucket.meta({ description: 'What has no time of its own, such as lines that nobody can read.' }),
  problems: z
    .object({
      total: count,
      listed: list(z.object({ at: instant.nullable(), reason: z.string(), message: z.string() })),
    })
    .meta({ description: 'The newest first; `total` counts all.' }),
});
export type SourceCoverage = z.output<typeof sourceCoverage>;

/** What every source delivered over time. */
export const coverage = z.object({
  from: instant.nullable(),
  to: instant.nullable(),
  sources: list(sourceCoverage),
});
export type Coverage = z.output<typeof coverage>;
