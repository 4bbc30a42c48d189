import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const COVERAGE_MARK_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'CoverageMark',
    namespace: 'io.margay',
    doc: 'What one stretch of one source delivered: the positions [from, to).',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'source',
        type: 'string',
      },
      {
        name: 'from',
        type: 'long',
      },
      {
        name: 'to',
        type: 'long',
      },
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
              {
                name: 'minute',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
              },
              {
                name: 'first',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
                doc: 'The first event of the minute.',
              },
              {
                name: 'last',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
                doc: 'The last event of the minute.',
              },
              {
                name: 'counts',
                type: {
                  type: 'map',
                  values: 'long',
                },
                doc: 'How often each outcome came.',
              },
            ],
          },
        },
      },
      {
        name: 'timeless',
        type: {
          type: 'map',
          values: 'long',
        },
        doc: 'Outcomes of what has no time.',
      },
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
              {
                name: 'position',
                type: 'long',
              },
              {
                name: 'kind',
                type: 'string',
                doc: 'doubtful or unusable.',
              },
              {
                name: 'reason',
                type: 'string',
              },
              {
                name: 'message',
                type: 'string',
              },
              {
                name: 'at',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Absent where it has no time that can be read.',
              },
            ],
          },
        },
      },
      {
        name: 'problemsTotal',
        type: 'long',
      },
    ],
  },
  {
    type: 'record',
    name: 'CoverageMark',
    namespace: 'io.margay',
    doc: 'What one stretch of one source delivered: the positions [from, to).',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'source',
        type: 'string',
      },
      {
        name: 'from',
        type: 'long',
      },
      {
        name: 'to',
        type: 'long',
      },
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
              {
                name: 'minute',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
              },
              {
                name: 'first',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
                doc: 'The first event of the minute.',
              },
              {
                name: 'last',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
                doc: 'The last event of the minute.',
              },
              {
                name: 'counts',
                type: {
                  type: 'map',
                  values: 'long',
                },
                doc: 'How often each outcome came.',
              },
            ],
          },
        },
      },
      {
        name: 'timeless',
        type: {
          type: 'map',
          values: 'long',
        },
        doc: 'Outcomes of what has no time.',
      },
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
              {
                name: 'position',
                type: 'long',
              },
              {
                name: 'kind',
                type: 'string',
                doc: 'doubtful or unusable.',
              },
              {
                name: 'reason',
                type: 'string',
              },
              {
                name: 'message',
                type: 'string',
              },
              {
                name: 'at',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Absent where it has no time that can be read.',
              },
              {
                name: 'after',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Of one without a time: that of the nearest event before it.',
              },
              {
                name: 'before',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Of one without a time: that of the nearest event behind it.',
              },
            ],
          },
        },
      },
      {
        name: 'problemsTotal',
        type: 'long',
      },
    ],
  },
  {
    type: 'record',
    name: 'CoverageMark',
    namespace: 'io.margay',
    doc: 'What one stretch of one source delivered: the positions [from, to).',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'source',
        type: 'string',
      },
      {
        name: 'from',
        type: 'long',
      },
      {
        name: 'to',
        type: 'long',
      },
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
              {
                name: 'minute',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
              },
              {
                name: 'first',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
                doc: 'The first event of the minute.',
              },
              {
                name: 'last',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
                doc: 'The last event of the minute.',
              },
              {
                name: 'counts',
                type: {
                  type: 'map',
                  values: 'long',
                },
                doc: 'How often each outcome came.',
              },
            ],
          },
        },
      },
      {
        name: 'timeless',
        type: {
          type: 'map',
          values: 'long',
        },
        doc: 'Outcomes of what has no time.',
      },
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
              {
                name: 'position',
                type: 'long',
              },
              {
                name: 'kind',
                type: 'string',
                doc: 'doubtful or unusable.',
              },
              {
                name: 'reason',
                type: 'string',
              },
              {
                name: 'message',
                type: 'string',
              },
              {
                name: 'at',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Absent where it has no time that can be read.',
              },
              {
                name: 'after',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Of one without a time: that of the nearest event before it.',
              },
              {
                name: 'before',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Of one without a time: that of the nearest event behind it.',
              },
            ],
          },
        },
      },
      {
        name: 'problemsTotal',
        type: 'long',
      },
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
              {
                name: 'writer',
                type: 'string',
              },
              {
                name: 'server',
                type: 'string',
              },
              {
                name: 'servers',
                type: 'long',
                doc: 'How many API servers there were.',
              },
              {
                name: 'sequence',
                type: 'long',
              },
              {
                name: 'state',
                type: 'string',
                doc: 'seen, written, failed or lost.',
              },
              {
                name: 'at',
                type: {
                  type: 'long',
                  logicalType: 'timestamp-micros',
                },
              },
              {
                name: 'since',
                type: [
                  'null',
                  {
                    type: 'long',
                    logicalType: 'timestamp-micros',
                  },
                ],
                default: null,
                doc: 'Of what an API server lost: since when.',
              },
              {
                name: 'message',
                type: ['null', 'string'],
                default: null,
                doc: 'Why it failed, or what was lost.',
              },
            ],
          },
        },
      },
    ],
  },
  {
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
              { name: 'minute', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'first',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The first event of the minute.',
              },
              {
                name: 'last',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The last event of the minute.',
              },
              { name: 'counts', type: { type: 'map', values: 'long' }, doc: 'How often each outcome came.' },
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
      { name: 'timeless', type: { type: 'map', values: 'long' }, doc: 'Outcomes of what has no time.' },
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
              {
                name: 'at',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Absent where it has no time that can be read.',
              },
              {
                name: 'after',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of one without a time: that of the nearest event before it.',
              },
              {
                name: 'before',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of one without a time: that of the nearest event behind it.',
              },
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
              { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'since',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of what an API server lost: since when.',
              },
              {
                name: 'message',
                type: ['null', 'string'],
                default: null,
                doc: 'Why it failed, or what was lost.',
              },
            ],
          },
        },
      },
      {
        name: 'goesOnFrom',
        type: ['null', 'string'],
        default: null,
        doc: 'The source that this one goes on from: the file that a log was written to before.',
      },
    ],
  },
  {
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
              { name: 'minute', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'first',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The first event of the minute.',
              },
              {
                name: 'last',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The last event of the minute.',
              },
              { name: 'counts', type: { type: 'map', values: 'long' }, doc: 'How often each outcome came.' },
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
      { name: 'timeless', type: { type: 'map', values: 'long' }, doc: 'Outcomes of what has no time.' },
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
              {
                name: 'at',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Absent where it has no time that can be read.',
              },
              {
                name: 'after',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of one without a time: that of the nearest event before it.',
              },
              {
                name: 'before',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of one without a time: that of the nearest event behind it.',
              },
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
              { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'since',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of what an API server lost: since when.',
              },
              {
                name: 'message',
                type: ['null', 'string'],
                default: null,
                doc: 'Why it failed, or what was lost.',
              },
            ],
          },
        },
      },
      {
        name: 'goesOnFrom',
        type: ['null', 'string'],
        default: null,
        doc: 'The source that this one goes on from: the file that a log was written to before.',
      },
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
              { name: 'start', type: { type: 'long', logicalType: 'timestamp-micros' } },
              { name: 'end', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'until',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The end of the times that were told before.',
              },
            ],
          },
        },
      },
    ],
  },
  {
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
              { name: 'minute', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'first',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The first event of the minute.',
              },
              {
                name: 'last',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The last event of the minute.',
              },
              { name: 'counts', type: { type: 'map', values: 'long' }, doc: 'How often each outcome came.' },
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
      { name: 'timeless', type: { type: 'map', values: 'long' }, doc: 'Outcomes of what has no time.' },
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
              {
                name: 'at',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Absent where it has no time that can be read.',
              },
              {
                name: 'after',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of one without a time: that of the nearest event before it.',
              },
              {
                name: 'before',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of one without a time: that of the nearest event behind it.',
              },
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
              { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'since',
                type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
                default: null,
                doc: 'Of what an API server lost: since when.',
              },
              {
                name: 'message',
                type: ['null', 'string'],
                default: null,
                doc: 'Why it failed, or what was lost.',
              },
            ],
          },
        },
      },
      {
        name: 'goesOnFrom',
        type: ['null', 'string'],
        default: null,
        doc: 'The source that this one goes on from: the file that a log was written to before.',
      },
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
              { name: 'start', type: { type: 'long', logicalType: 'timestamp-micros' } },
              { name: 'end', type: { type: 'long', logicalType: 'timestamp-micros' } },
              {
                name: 'until',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'The end of the times that were told before.',
              },
            ],
          },
        },
      },
      {
        name: 'listed',
        type: [
          'null',
          {
            type: 'record',
            name: 'ObjectList',
            doc: 'All objects of a kind as one list showed them: what was there before and is not among them is gone.',
            fields: [
              { name: 'group', type: 'string' },
              { name: 'resource', type: 'string' },
              {
                name: 'at',
                type: { type: 'long', logicalType: 'timestamp-micros' },
                doc: 'By when the cluster was as it shows.',
              },
              { name: 'resourceVersion', type: 'string', doc: 'As of which it shows the cluster.' },
              {
                name: 'isWhole',
                type: 'boolean',
                doc: 'False where it showed objects without a uid: nothing is gone for sure then.',
              },
              { name: 'uids', type: { type: 'array', items: 'string' } },
            ],
          },
        ],
        default: null,
        doc: 'Where a list of the whole kind ends with this, of a watch.',
      },
    ],
  },
];
