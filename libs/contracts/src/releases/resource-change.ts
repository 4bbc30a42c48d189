import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const RESOURCE_CHANGE_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'ResourceChange',
    namespace: 'io.margay',
    doc: 'One fact about one object at one instant.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'id',
        type: 'string',
        doc: 'Deterministic: a repeat has the same id.',
      },
      {
        name: 'eventId',
        type: 'string',
        doc: 'Of the audit event; one event can make many changes.',
      },
      {
        name: 'what',
        type: {
          type: 'enum',
          name: 'What',
          symbols: ['present', 'gone'],
        },
        doc: 'present: the object exists with this content. gone: it does not exist any more.',
      },
      {
        name: 'group',
        type: 'string',
        doc: 'API group, empty for the core group.',
      },
      {
        name: 'resource',
        type: 'string',
        doc: 'Lower-case plural.',
      },
      {
        name: 'namespace',
        type: 'string',
        doc: 'Empty for cluster-scoped objects.',
      },
      {
        name: 'name',
        type: 'string',
      },
      {
        name: 'uid',
        type: ['null', 'string'],
        default: null,
        doc: 'Absent on ends that did not name it.',
      },
      {
        name: 'resourceVersion',
        type: ['null', 'string'],
        default: null,
        doc: 'Decimal text of any length.',
      },
      {
        name: 'at',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
        doc: 'When the API server had answered.',
      },
      {
        name: 'receivedAt',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
        doc: 'When the request came in.',
      },
      {
        name: 'content',
        type: ['null', 'string'],
        default: null,
        doc: 'The projected object as JSON; with present only.',
      },
      {
        name: 'created',
        type: 'boolean',
        default: false,
        doc: 'True on the event that created the object.',
      },
      {
        name: 'actor',
        type: [
          'null',
          {
            type: 'record',
            name: 'Actor',
            doc: 'Who acted.',
            fields: [
              {
                name: 'user',
                type: 'string',
                doc: 'The authenticated user.',
              },
              {
                name: 'impersonated',
                type: ['null', 'string'],
                default: null,
                doc: 'Whom that user acted for.',
              },
            ],
          },
        ],
        default: null,
        doc: 'Who acted, if known.',
      },
      {
        name: 'origin',
        type: {
          type: 'record',
          name: 'Origin',
          doc: 'Where the change was read.',
          fields: [
            {
              name: 'source',
              type: 'string',
            },
            {
              name: 'position',
              type: 'long',
              doc: 'Ascending within the source.',
            },
          ],
        },
      },
    ],
  },
];
