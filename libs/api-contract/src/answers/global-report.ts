import * as z from 'zod';
import { instant, list } from './list.ts';
import { run, RUN_STATES } from './run.ts';

/** A GlobalReport that can be used, as whoever keeps its schedule knows it. */
const globalReport = z.object({
  name: z.string(),
  reportType: z.string(),
  schedule: z.string().nullable().meta({ description: 'Cron, UTC; null where it runs only when asked for.' }),
  suspended: z.boolean(),
  next: z
    .object({ start: instant, end: instant, due: instant })
    .nullable()
    .meta({ description: 'The next window, and when it is due; null where no schedule is kept.' }),
  clusters: z
    .string()
    .nullable()
    .meta({ description: 'Its `spec.clusters.selector`; null where it is about its own cluster alone.' }),
  last: run.nullable().meta({
    description:
      'The newest of its runs; null where there is none, and where it is about many clusters: see `/parent-runs`.',
  }),
});

export const globalReports = z.object({ items: list(globalReport) });
export type GlobalReports = z.output<typeof globalReports>;

/** A run that was asked for. */
export const askedRun = z.object({
  id: z.string(),
  isNew: z
    .boolean()
    .meta({ description: 'False where it had been asked for, or made by a schedule, before.' }),
  state: z.enum(RUN_STATES),
  isOverClusters: z
    .boolean()
    .meta({ description: 'Whether it is a run over many clusters, as `/parent-runs/{parent}` tells it.' }),
  revision: z.int().min(1),
  window: z.object({ start: instant, end: instant }),
});
export type AskedRunAnswer = z.output<typeof askedRun>;
