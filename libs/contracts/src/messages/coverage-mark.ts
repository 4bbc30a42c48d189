import type { Bucket, Canary, Counts, CoverageMark, Problem, SetBack } from '@margay/coverage';
import type { ObjectList } from '@margay/history';
import { INSTANT, optional, type RecordSchema } from '../avro/schema.ts';
import { COVERAGE_MARK_RELEASES } from '../releases/coverage-mark.ts';
import { defineTopic, present } from '../topic.ts';

/** A mark of one source of one cluster. */
export interface ClusterCoverageMark extends CoverageMark {
  readonly cluster: string;
  /** Where a list of the whole ends with it, of a watch. Who keeps the history concludes from it what is gone; it is not kept. */
  readonly listed?: ObjectList;
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
            {
              name: 'silences',
              type: { type: 'array', items: 'long' },
              default: [],
              doc: 'From and to when nothing came, in turns, in microseconds of the minute: silences of more than a second.',
            },
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
    {
      name: 'canaries',
      doc: 'Writes by which it is seen whether what each API server tells arrives: those that came, and of their writer what became of them.',
      default: [],
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Canary',
          doc: 'A write through one API server, by its writer, the API server and a number.',
          fields: [
            { name: 'writer', type: 'string' },
            { name: 'server', type: 'string' },
            { name: 'servers', type: 'long', doc: 'How many API servers there were.' },
            { name: 'sequence', type: 'long' },
            { name: 'state', type: 'string', doc: 'seen, written, failed or lost.' },
            { name: 'at', type: INSTANT },
            optional('since', INSTANT, 'Of what an API server lost: since when.'),
            optional('message', 'string', 'Why it failed, or what was lost.'),
          ],
        },
      },
    },
    optional(
      'goesOnFrom',
      'string',
      'The source that this one goes on from: the file that a log was written to before.',
    ),
    {
      name: 'setBack',
      doc: 'Times that stand behind later ones: the clock was set back, so that they came twice.',
      default: [],
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'SetBack',
          doc: 'The times [start, end), told behind others up to a later one.',
          fields: [
            { name: 'start', type: INSTANT },
            { name: 'end', type: INSTANT },
            { name: 'until', type: INSTANT, doc: 'The end of the times that were told before.' },
          ],
        },
      },
    },
    optional(
      'listed',
      {
        type: 'record',
        name: 'ObjectList',
        doc: 'All objects of a kind as one list showed them: what was there before and is not among them is gone.',
        fields: [
          { name: 'group', type: 'string' },
          { name: 'resource', type: 'string' },
          { name: 'at', type: INSTANT, doc: 'By when the cluster was as it shows.' },
          { name: 'resourceVersion', type: 'string', doc: 'As of which it shows the cluster.' },
          {
            name: 'isWhole',
            type: 'boolean',
            doc: 'False where it showed objects without a uid: nothing is gone for sure then.',
          },
          { name: 'uids', type: { type: 'array', items: 'string' } },
        ],
      },
      'Where a list of the whole kind ends with this, of a watch.',
    ),
  ],
};

type ProblemRecord = Omit<Problem, 'at' | 'after' | 'before'> & {
  readonly at: number | null;
  readonly after: number | null;
  readonly before: number | null;
};
type CanaryRecord = Omit<Canary, 'since' | 'message'> & {
  readonly since: number | null;
  readonly message: string | null;
};
type BucketRecord = Omit<Bucket, 'silences'> & { readonly silences: readonly number[] };
type MarkRecord = Omit<
  ClusterCoverageMark,
  'buckets' | 'problems' | 'canaries' | 'goesOnFrom' | 'setBack' | 'listed'
> & {
  readonly buckets: readonly BucketRecord[];
  readonly goesOnFrom: string | null;
  readonly problems: readonly ProblemRecord[];
  readonly canaries: readonly CanaryRecord[];
  readonly setBack: readonly SetBack[];
  readonly listed: ObjectList | null;
};

const countsOf = (counts: Counts): Counts => ({ ...counts });
const bucketOf = ({ minute, first, last, counts, silences }: BucketRecord): Bucket => ({
  minute,
  first,
  last,
  counts: countsOf(counts),
  ...(silences.length > 0 && { silences: [...silences] }),
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

const canaryOf = ({
  writer,
  server,
  servers,
  sequence,
  state,
  at,
  since,
  message,
}: CanaryRecord): Canary => ({
  writer,
  server,
  servers,
  sequence,
  state,
  at,
  ...present('since', since),
  ...present('message', message),
});

const listOf = ({ group, resource, at, resourceVersion, isWhole, uids }: ObjectList): ObjectList => ({
  group,
  resource,
  at,
  resourceVersion,
  isWhole,
  uids: [...uids],
});

/** What sources delivered. */
export const coverageMarks = defineTopic<ClusterCoverageMark>({
  name: 'margay.coverage',
  about: 'What each source is known to have delivered, and what became of it.',
  schema: SCHEMA,
  released: COVERAGE_MARK_RELEASES,
  key: 'cluster and source',
  keyOf: ({ cluster, source }) => `${cluster}/${source}`,
  toRecord: (mark) => ({
    ...mark,
    buckets: mark.buckets.map((bucket) => ({ ...bucket, silences: bucket.silences ?? [] })),
    canaries: mark.canaries ?? [],
    setBack: mark.setBack ?? [],
    listed: mark.listed ?? null,
  }),
  fromRecord: ({
    cluster,
    source,
    from,
    to,
    buckets,
    timeless,
    problems,
    problemsTotal,
    canaries,
    goesOnFrom,
    setBack,
    listed,
  }: MarkRecord) => ({
    cluster,
    source,
    ...present('goesOnFrom', goesOnFrom),
    from,
    to,
    buckets: buckets.map(bucketOf),
    timeless: countsOf(timeless),
    problems: problems.map(problemOf),
    problemsTotal,
    ...(canaries.length > 0 && { canaries: canaries.map(canaryOf) }),
    ...(setBack.length > 0 && {
      setBack: setBack.map(({ start, end, until }) => ({ start, end, until })),
    }),
    ...(listed !== null && { listed: listOf(listed) }),
  }),
});
