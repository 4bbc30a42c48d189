import * as z from 'zod';
import { RUN_STATES } from './answers/run.ts';

const words = z.string().max(1_024).optional();
const instant = z.iso.datetime({ offset: true });
const limit = (most: number, otherwise: number) =>
  z.coerce.number().int().min(1).max(most).default(otherwise);
/** Which cluster is meant: of every operation, where an installation has several. */
const ofCluster = {
  cluster: z
    .string()
    .max(253)
    .optional()
    .meta({ description: 'The name of a cluster; the one that `clusters` lists first unless given.' }),
};
/** The query of an operation that has nothing else to be asked. */
export const clusterQuery = z.strictObject(ofCluster);

const cursor = words.meta({ description: '`next` of the page before.' });

export const runsQuery = z.strictObject({
  ...ofCluster,
  report: words.meta({ description: 'The name of a GlobalReport.' }),
  type: words.meta({ description: 'The name of a report type.' }),
  state: z.enum(RUN_STATES).optional(),
  evidence: z.enum(['complete', 'gaps']).optional(),
  from: instant.optional().meta({ description: 'Windows that end after this.' }),
  to: instant.optional().meta({ description: 'Windows that start before this.' }),
  text: words.meta({ description: 'Words that stand in the name, the type or the id.' }),
  revisions: z
    .enum(['newest', 'all'])
    .default('newest')
    .meta({ description: 'Of reports over one window the newest, or all.' }),
  limit: limit(200, 50),
  cursor,
});
export type RunsQuery = z.output<typeof runsQuery>;

export const parentRunsQuery = z.strictObject({
  ...ofCluster,
  report: words.meta({ description: 'The name of a GlobalReport.' }),
  limit: limit(100, 20),
  cursor,
});
export type ParentRunsQuery = z.output<typeof parentRunsQuery>;

const size = z.coerce.number().int().min(0);

export const growthQuery = z.strictObject({
  ...ofCluster,
  from: size.meta({ description: 'The size of the checkpoint that was kept.' }),
  to: size.meta({ description: 'The size of the newer one.' }),
});
export type GrowthQuery = z.output<typeof growthQuery>;

export const askRunQuery = z.strictObject({
  ...ofCluster,
  start: instant.optional().meta({
    description: 'Start of the window; unless given that of the schedule’s next one, or the first evidence.',
  }),
  end: instant.optional().meta({
    description:
      'End of the window, not part of it; unless given now, or behind the last evidence where no schedule is kept.',
  }),
});
export type AskRunQuery = z.output<typeof askRunQuery>;

/** `ingressProtected:false,egressToInternet:true` as fields and values. */
const conditions = z
  .string()
  .max(1_024)
  .transform((text, context) =>
    text.split(',').map((condition): readonly [field: string, value: boolean] => {
      const [, field, value] = /^(\w+):(true|false)$/.exec(condition) ?? [];
      if (field !== undefined) return [field, value === 'true'];
      context.addIssue(`"${condition}" is no condition like ingressProtected:false`);
      return z.NEVER;
    }),
  )
  .optional();

export const rowsQuery = z.strictObject({
  ...ofCluster,
  filter: words.meta({ description: 'Words that all stand somewhere in the row.' }),
  where: conditions.meta({
    description: 'Fields and what they must be: `ingressProtected:false,egressToInternet:true`.',
  }),
  sort: words.meta({ description: 'A field; with `-` before it the greatest first.' }),
  limit: limit(1_000, 100),
  offset: z.coerce.number().int().min(0).optional().meta({ description: 'For a place in a long list.' }),
  cursor,
});
export type RowsQuery = z.output<typeof rowsQuery>;

export const trendQuery = z.strictObject({
  ...ofCluster,
  limit: limit(100, 20),
});

export const timelineQuery = z.strictObject({
  ...ofCluster,
  endpoint: z.string().min(1).max(1_024).meta({ description: 'As reports print it: `Pod.v1(shop/web-1)`.' }),
});

export const stateQuery = z.strictObject({
  ...ofCluster,
  at: instant,
  filter: words,
  limit: limit(1_000, 200),
});
