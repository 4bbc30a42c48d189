import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const POLICY_EVENT_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'PolicyEvent',
    namespace: 'io.margay',
    doc: 'One attempt to write a policy, allowed or refused.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'eventId',
        type: 'string',
        doc: 'Deterministic: a repeat has the same id.',
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
        name: 'group',
        type: 'string',
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
        doc: 'Empty for requests that name no object.',
      },
      {
        name: 'verb',
        type: 'string',
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
        name: 'refused',
        type: 'boolean',
        doc: 'True when the API server refused the request.',
      },
      {
        name: 'event',
        type: 'string',
        doc: 'The audit event as JSON.',
      },
    ],
  },
  {
    type: 'record',
    name: 'PolicyEvent',
    namespace: 'io.margay',
    doc: 'One attempt to write an object that reports know, allowed, refused or unsettled.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'eventId',
        type: 'string',
        doc: 'Deterministic: a repeat has the same id.',
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
        name: 'group',
        type: 'string',
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
        doc: 'Empty for requests that name no object.',
      },
      {
        name: 'verb',
        type: 'string',
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
        name: 'refused',
        type: 'boolean',
        doc: 'True when the API server refused the request.',
      },
      {
        name: 'event',
        type: 'string',
        doc: 'The audit event as JSON.',
      },
      {
        name: 'outcome',
        type: ['null', 'string'],
        default: null,
        doc: 'What became of it: done, refused, or unsettled, where that is not known. Where absent, refused says it.',
      },
    ],
  },
];
