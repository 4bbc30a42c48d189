import * as z from 'zod';
import { grade } from './evidence.ts';
import { count, instant, list, pageOf } from './list.ts';

/** The run of one cluster within a run over many. */
const childRun = z.object({
  cluster: z.string(),
  id: z.string().meta({
    description: 'Of the run there: `GET /runs/{id}?cluster=`; of the newest report over its window.',
  }),
  state: z.enum(['not yet', 'completed', 'failed', 'missing']).meta({
    description:
      '`missing`: its cluster is no longer here, its report was removed or is not what was archived, or an hour went by without it.',
  }),
  reason: z.string().nullable().meta({ description: 'Why it failed or is missing; null otherwise.' }),
  digest: z.string().nullable().meta({ description: 'Of its report; null until it is archived.' }),
  grade: grade.nullable().meta({ description: 'Of its sources; null until it is archived.' }),
  complete: z
    .boolean()
    .nullable()
    .meta({ description: 'Whether its evidence is complete; null until it is archived.' }),
});

/** One run of a GlobalReport over many clusters. */
export const parentRun = z.object({
  id: z.string(),
  report: z.string().meta({ description: 'The name of its GlobalReport.' }),
  reportType: z.string(),
  state: z.enum(['running', 'failed', 'with gaps', 'complete']).meta({
    description:
      'What follows from the runs of all of its clusters, of those that one may not see too: `complete` only where each is archived with complete evidence.',
  }),
  grade: grade.meta({ description: 'The worst of all of them; `not known` while one has none.' }),
  window: z.object({ start: instant, end: instant }),
  begun: instant,
  clusters: count.meta({ description: 'How many clusters were chosen when it was begun.' }),
  hidden: count.meta({ description: 'Of how many of them one may not see anything: these are not named.' }),
  children: list(childRun).meta({ description: 'The runs of the others, by name of the cluster.' }),
});
export type ParentRun = z.output<typeof parentRun>;

export const parentRuns = pageOf(parentRun);
export type ParentRuns = z.output<typeof parentRuns>;
