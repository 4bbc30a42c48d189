import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const FLOW_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'Flow',
    namespace: 'io.margay',
    doc: 'Who talked to whom in an interval, as a node reported it.',
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
        name: 'startAt',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
      },
      {
        name: 'endAt',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
      },
      {
        name: 'reporter',
        type: 'string',
        doc: 'Which end reported it: src, dst or fwd.',
      },
      {
        name: 'action',
        type: 'string',
        doc: 'allow or deny.',
      },
      {
        name: 'source',
        type: {
          type: 'record',
          name: 'FlowEnd',
          doc: 'One end of a flow.',
          fields: [
            {
              name: 'type',
              type: 'string',
              doc: 'pod, hostEndpoint, networkSet or network.',
            },
            {
              name: 'namespace',
              type: 'string',
              doc: 'Empty where the end is in no namespace.',
            },
            {
              name: 'name',
              type: 'string',
            },
            {
              name: 'nameIsPrefix',
              type: 'boolean',
              doc: 'True for any pod whose name begins so.',
            },
          ],
        },
      },
      {
        name: 'destination',
        type: 'FlowEnd',
      },
    ],
  },
];
