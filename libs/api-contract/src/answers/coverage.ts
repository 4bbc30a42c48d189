import * as z from 'zod';
import { interval, retirement, rhythm } from './evidence.ts';
import { count, instant, list } from './list.ts';

const bucket = z.object({ kept: count, ignored: count, doubtful: count, unusable: count });
/** What can become of something that was read. */
export type Outcome = keyof z.output<typeof bucket>;

const sourceCoverage = z.object({
  source: z.string().meta({ description: 'A log that was rotated is one, with all of its files.' }),
  first: instant.nullable(),
  last: instant.nullable(),
  buckets: list(bucket).meta({ description: 'Equal stretches of time between `from` and `to`.' }),
  timeless: bucket.meta({ description: 'What has no time of its own, such as lines that nobody can read.' }),
  problems: z
    .object({
      total: count,
      listed: list(z.object({ at: instant.nullable(), reason: z.string(), message: z.string() })),
    })
    .meta({
      description:
        'The newest first; `total` counts all. None is listed unless one may export a report of the whole cluster.',
    }),
  ...rhythm,
  proven: list(interval).meta({ description: 'Stretches between canaries that all came.' }),
  toldTwice: list(interval).meta({
    description:
      'Times that came twice, as where a clock was set back: what came first in them is not known.',
  }),
  canaries: list(
    z.object({
      server: z.string().meta({ description: 'The API server’s address.' }),
      lastSeen: instant.meta({ description: 'When the last that came was written.' }),
      roundTripSeconds: z
        .number()
        .optional()
        .meta({ description: 'Of the last, where the process that answers sees the source itself.' }),
      silentSince: instant.optional().meta({ description: 'Canaries were written since, and did not come.' }),
    }),
  ),
  retired: z
    .object(retirement)
    .optional()
    .meta({ description: 'Where it is out of service, as somebody said (`margay source-retired`).' }),
  problem: z
    .string()
    .optional()
    .meta({ description: 'Why it cannot be had: a right that is missing, an API service that is down.' }),
  now: z
    .object({
      lastDelivery: instant,
      lagSeconds: z
        .number()
        .optional()
        .meta({ description: 'How old the newest that it delivered is, by its own clock.' }),
      longestSilenceSeconds: z.number(),
    })
    .optional()
    .meta({
      description:
        'Since the process that answers began, where that sees the source itself, as the embedded one does; else its `/readyz` says it.',
    }),
});
export type SourceCoverage = z.output<typeof sourceCoverage>;

/** What every source delivered over time. */
export const coverage = z.object({
  from: instant.nullable(),
  to: instant.nullable(),
  sources: list(sourceCoverage),
  servers: list(
    z.object({
      server: z.string(),
      lastWritten: instant.optional(),
      notWritten: z.string().optional().meta({ description: 'Why the last one could not be written.' }),
    }),
  ).meta({ description: 'API servers through which canaries were written, or should have been.' }),
});
export type Coverage = z.output<typeof coverage>;
