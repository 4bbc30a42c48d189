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
  {
    type: 'record',
    name: 'ResourceChange',
    namespace: 'io.margay',
    doc: 'One fact about one object at one instant.',
    fields: [
      { name: 'cluster', type: 'string' },
      { name: 'id', type: 'string', doc: 'Deterministic: a repeat has the same id.' },
      { name: 'eventId', type: 'string', doc: 'Of the audit event; one event can make many changes.' },
      {
        name: 'what',
        type: { type: 'enum', name: 'What', symbols: ['present', 'gone'] },
        doc: 'present: the object exists with this content. gone: it does not exist any more. See said.',
      },
      { name: 'group', type: 'string', doc: 'API group, empty for the core group.' },
      { name: 'resource', type: 'string', doc: 'Lower-case plural.' },
      { name: 'namespace', type: 'string', doc: 'Empty for cluster-scoped objects.' },
      { name: 'name', type: 'string' },
      { name: 'uid', type: ['null', 'string'], default: null, doc: 'Absent on ends that did not name it.' },
      {
        name: 'resourceVersion',
        type: ['null', 'string'],
        default: null,
        doc: 'Decimal text of any length.',
      },
      {
        name: 'at',
        type: { type: 'long', logicalType: 'timestamp-micros' },
        doc: 'When the API server had answered.',
      },
      {
        name: 'receivedAt',
        type: { type: 'long', logicalType: 'timestamp-micros' },
        doc: 'When the request came in.',
      },
      {
        name: 'content',
        type: ['null', 'string'],
        default: null,
        doc: 'The projected object as JSON; with present only.',
      },
      { name: 'created', type: 'boolean', default: false, doc: 'True on the event that created the object.' },
      {
        name: 'actor',
        type: [
          'null',
          {
            type: 'record',
            name: 'Actor',
            doc: 'Who acted.',
            fields: [
              { name: 'user', type: 'string', doc: 'The authenticated user.' },
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
            { name: 'source', type: 'string' },
            { name: 'position', type: 'long', doc: 'Ascending within the source.' },
          ],
        },
      },
      {
        name: 'said',
        type: [
          'null',
          {
            type: 'record',
            name: 'Said',
            doc: 'What a change is that is neither present nor gone, and about which object.',
            fields: [
              {
                name: 'what',
                type: 'string',
                doc: 'doubtful: it is not known what became of the object. patched: content was changed of it. answered: the request of a doubt was. absent: nothing had the name. there: something had it.',
              },
              { name: 'name', type: 'string', doc: 'Empty for all objects of the kind in the namespace.' },
              { name: 'uid', type: ['null', 'string'], default: null, doc: 'Absent where it is not known.' },
            ],
          },
        ],
        default: null,
        doc: 'Where it is there, it counts instead of what, name and uid, which are about no object then.',
      },
      {
        name: 'doubt',
        type: [
          'null',
          {
            type: 'record',
            name: 'Doubt',
            doc: 'What is not known of the object.',
            fields: [
              { name: 'reason', type: 'string', doc: 'A word.' },
              { name: 'may', type: 'string', doc: 'be-gone, differ or be-anything.' },
              { name: 'message', type: 'string', doc: 'A sentence.' },
              { name: 'ends', type: 'boolean', doc: 'The deletion was answered as done.' },
              { name: 'passedOn', type: 'boolean', doc: 'Another API server carried the request out.' },
            ],
          },
        ],
        default: null,
        doc: 'With doubtful, and with patched for where the object was not seen.',
      },
      {
        name: 'generation',
        type: ['null', 'long'],
        default: null,
        doc: 'How often the spec had been changed, where the object says so.',
      },
      {
        name: 'basedOn',
        type: ['null', 'string'],
        default: null,
        doc: 'The resourceVersion that the request had to find.',
      },
    ],
  },
  {
    type: 'record',
    name: 'ResourceChange',
    namespace: 'io.margay',
    doc: 'One fact about one object at one instant.',
    fields: [
      { name: 'cluster', type: 'string' },
      { name: 'id', type: 'string', doc: 'Deterministic: a repeat has the same id.' },
      { name: 'eventId', type: 'string', doc: 'Of the audit event; one event can make many changes.' },
      {
        name: 'what',
        type: { type: 'enum', name: 'What', symbols: ['present', 'gone'] },
        doc: 'present: the object exists with this content. gone: it does not exist any more. See said.',
      },
      { name: 'group', type: 'string', doc: 'API group, empty for the core group.' },
      { name: 'resource', type: 'string', doc: 'Lower-case plural.' },
      { name: 'namespace', type: 'string', doc: 'Empty for cluster-scoped objects.' },
      { name: 'name', type: 'string' },
      { name: 'uid', type: ['null', 'string'], default: null, doc: 'Absent on ends that did not name it.' },
      {
        name: 'resourceVersion',
        type: ['null', 'string'],
        default: null,
        doc: 'Decimal text of any length.',
      },
      {
        name: 'at',
        type: { type: 'long', logicalType: 'timestamp-micros' },
        doc: 'When the API server had answered.',
      },
      {
        name: 'receivedAt',
        type: { type: 'long', logicalType: 'timestamp-micros' },
        doc: 'When the request came in.',
      },
      {
        name: 'content',
        type: ['null', 'string'],
        default: null,
        doc: 'The projected object as JSON; with present only.',
      },
      { name: 'created', type: 'boolean', default: false, doc: 'True on the event that created the object.' },
      {
        name: 'actor',
        type: [
          'null',
          {
            type: 'record',
            name: 'Actor',
            doc: 'Who acted.',
            fields: [
              { name: 'user', type: 'string', doc: 'The authenticated user.' },
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
            { name: 'source', type: 'string' },
            { name: 'position', type: 'long', doc: 'Ascending within the source.' },
          ],
        },
      },
      {
        name: 'said',
        type: [
          'null',
          {
            type: 'record',
            name: 'Said',
            doc: 'What a change is that is neither present nor gone, and about which object.',
            fields: [
              {
                name: 'what',
                type: 'string',
                doc: 'doubtful: it is not known what became of the object. patched: content was changed of it. answered: the request of a doubt was. absent: nothing had the name. there: something had it.',
              },
              { name: 'name', type: 'string', doc: 'Empty for all objects of the kind in the namespace.' },
              { name: 'uid', type: ['null', 'string'], default: null, doc: 'Absent where it is not known.' },
            ],
          },
        ],
        default: null,
        doc: 'Where it is there, it counts instead of what, name and uid, which are about no object then.',
      },
      {
        name: 'doubt',
        type: [
          'null',
          {
            type: 'record',
            name: 'Doubt',
            doc: 'What is not known of the object.',
            fields: [
              { name: 'reason', type: 'string', doc: 'A word.' },
              { name: 'may', type: 'string', doc: 'be-gone, differ or be-anything.' },
              { name: 'message', type: 'string', doc: 'A sentence.' },
              { name: 'ends', type: 'boolean', doc: 'The deletion was answered as done.' },
              { name: 'passedOn', type: 'boolean', doc: 'Another API server carried the request out.' },
              { name: 'wasThere', type: 'boolean', default: false, doc: 'The request found the object.' },
            ],
          },
        ],
        default: null,
        doc: 'With doubtful, and with patched for where the object was not seen.',
      },
      {
        name: 'generation',
        type: ['null', 'long'],
        default: null,
        doc: 'How often the spec had been changed, where the object says so.',
      },
      {
        name: 'basedOn',
        type: ['null', 'string'],
        default: null,
        doc: 'The resourceVersion that the request had to find.',
      },
    ],
  },
  {
    type: 'record',
    name: 'ResourceChange',
    namespace: 'io.margay',
    doc: 'One fact about one object at one instant.',
    fields: [
      { name: 'cluster', type: 'string' },
      { name: 'id', type: 'string', doc: 'Deterministic: a repeat has the same id.' },
      { name: 'eventId', type: 'string', doc: 'Of the audit event; one event can make many changes.' },
      {
        name: 'what',
        type: { type: 'enum', name: 'What', symbols: ['present', 'gone'] },
        doc: 'present: the object exists with this content. gone: it does not exist any more. See said.',
      },
      { name: 'group', type: 'string', doc: 'API group, empty for the core group.' },
      { name: 'resource', type: 'string', doc: 'Lower-case plural.' },
      { name: 'namespace', type: 'string', doc: 'Empty for cluster-scoped objects.' },
      { name: 'name', type: 'string' },
      { name: 'uid', type: ['null', 'string'], default: null, doc: 'Absent on ends that did not name it.' },
      {
        name: 'resourceVersion',
        type: ['null', 'string'],
        default: null,
        doc: 'Decimal text of any length.',
      },
      {
        name: 'at',
        type: { type: 'long', logicalType: 'timestamp-micros' },
        doc: 'When the API server had answered.',
      },
      {
        name: 'receivedAt',
        type: { type: 'long', logicalType: 'timestamp-micros' },
        doc: 'When the request came in.',
      },
      {
        name: 'content',
        type: ['null', 'string'],
        default: null,
        doc: 'The projected object as JSON; with present only.',
      },
      { name: 'created', type: 'boolean', default: false, doc: 'True on the event that created the object.' },
      {
        name: 'actor',
        type: [
          'null',
          {
            type: 'record',
            name: 'Actor',
            doc: 'Who acted.',
            fields: [
              { name: 'user', type: 'string', doc: 'The authenticated user.' },
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
            { name: 'source', type: 'string' },
            { name: 'position', type: 'long', doc: 'Ascending within the source.' },
          ],
        },
      },
      {
        name: 'said',
        type: [
          'null',
          {
            type: 'record',
            name: 'Said',
            doc: 'What a change is that is neither present nor gone, and about which object.',
            fields: [
              {
                name: 'what',
                type: 'string',
                doc: 'doubtful: it is not known what became of the object. patched: content was changed of it. answered: the request of a doubt was. absent: nothing had the name. there: something had it.',
              },
              { name: 'name', type: 'string', doc: 'Empty for all objects of the kind in the namespace.' },
              { name: 'uid', type: ['null', 'string'], default: null, doc: 'Absent where it is not known.' },
            ],
          },
        ],
        default: null,
        doc: 'Where it is there, it counts instead of what, name and uid, which are about no object then.',
      },
      {
        name: 'doubt',
        type: [
          'null',
          {
            type: 'record',
            name: 'Doubt',
            doc: 'What is not known of the object.',
            fields: [
              { name: 'reason', type: 'string', doc: 'A word.' },
              { name: 'may', type: 'string', doc: 'be-gone, differ or be-anything.' },
              { name: 'message', type: 'string', doc: 'A sentence.' },
              { name: 'ends', type: 'boolean', doc: 'The deletion was answered as done.' },
              { name: 'passedOn', type: 'boolean', doc: 'Another API server carried the request out.' },
              { name: 'wasThere', type: 'boolean', default: false, doc: 'The request found the object.' },
            ],
          },
        ],
        default: null,
        doc: 'With doubtful, and with patched for where the object was not seen.',
      },
      {
        name: 'generation',
        type: ['null', 'long'],
        default: null,
        doc: 'How often the spec had been changed, where the object says so.',
      },
      {
        name: 'basedOn',
        type: ['null', 'string'],
        default: null,
        doc: 'The resourceVersion that the request had to find.',
      },
      {
        name: 'uidShown',
        type: ['null', 'boolean'],
        default: null,
        doc: 'Whether the API server called the object by the uid. Where it is absent: with present and gone alone.',
      },
    ],
  },
];
