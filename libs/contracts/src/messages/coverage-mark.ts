import type { Bucket, Counts, CoverageMark, Problem } from '@margay/coverage';
import { INSTANT, optional, type RecordSchema } from '../avro/schema.ts';
import { COVERAGE_MARK_RELEASES } from '../releases/coverage-mark.ts';
import { defineTopic, present } from '../topic.ts';

/** A mark of one source of one cluster. */
export interface ClusterCoverageMark extends CoverageMark {
  readonly cluster: string;
}

const COUNTS = { type: 'map', values: 'long' } as const;

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'CoverageMark',
  namespace: 'io.margay',
  doc: 'What one stretch of one source delivered: the positions [from, to).',
  fields: [
    { name: 'cluster', type: 'string' },
    { name: 'source', type: 'string' },
    { name: 'from', type: 'long' },
    { name: 'to', type: 'long' },
    {
      name: 'buckets',
      doc: 'By minute, ascending.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Bucket',
          doc: 'What the events of one minute became.',
          fields: [
            { name: 'minute', type: INSTANT },
            { name: 'first', type: INSTANT, doc: 'The first event of the minute.' },
            { name: 'last', type: INSTANT, doc: 'The last event of the minute.' },
            { name: 'counts', type: COUNTS, doc: 'How often each outcome came.' },
          ],
        },
      },
    },
    { name: 'timeless', type: COUNTS, doc: 'Outcomes of what has no time.' },
    {
      name: 'problems',
      doc: 'By position; not all of them.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Problem',
          doc: 'An event whose effect is not known, or something that could not be read.',
          fields: [
            { name: 'position', type: 'long' },
            { name: 'kind', type: 'string', doc: 'doubtful or unusable.' },
            { name: 'reason', type: 'string' },
            { name: 'message', type: 'string' },
            optional('at', INSTANT, 'Absent where it has no time that can be read.'),
            optional('after', INSTANT, 'Of one without a time: that of the nearest event before it.'),
            optional('before', INSTANT, 'Of one without a time: that of the nearest event behind it.'),
          ],
        },
      },
    },
    { name: 'problemsTotal', type: 'long' },
  ],
};

type ProblemRecord = Omit<Problem, 'at' | 'after' | 'before'> & {
  readonly at: number | null;
  readonly after: number | null;
  readonly before: number | null;
};
type MarkRecord = Omit<ClusterCoverageMark, 'problems'> & { readonly problems: readonly ProblemRecord[] };

const countsOf = (counts: Counts): Counts => ({ ...counts });
const bucketOf = ({ minute, first, last, counts }: Bucket): Bucket => ({
  minute,
  first,
  last,
  counts: countsOf(counts),
});
const problemOf = ({ position, kind, reason, message, at, after, before }: ProblemRecord): Problem => ({
  position,
  kind,
  reason,
  message,
  ...present('at', at),
  ...present('after', after),
  ...present('before', before),
});

/** What sources delivered. */
export const coverageMarks = defineTopic<ClusterCoverageMark>({
  name: 'margay.coverage',
  about: 'What each source is known to have delivered, and what became of it.',
  schema: SCHEMA,
  released: COVERAGE_MARK_RELEASES,
  key: 'cluster and source',
  keyOf: ({ cluster, source }) => `${cluster}/${source}`,
  toRecord: (mark) => mark,
  fromRecord: ({ cluster, source, from, to, buckets, timeless, problems, problemsTotal }: MarkRecord) => ({
    cluster,
    source,
    from,
    to,
    buckets: buckets.map(bucketOf),
    timeless: countsOf(timeless),
    problems: problems.map(problemOf),
    problemsTotal,
  }),
});
