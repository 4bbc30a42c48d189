import type { Flow, FlowEnd } from '@margay/flows';
import { INSTANT, type RecordSchema } from '../avro/schema.ts';
import { FLOW_RELEASES } from '../releases/flow.ts';
import { defineTopic } from '../topic.ts';

/** A flow in one cluster. */
export interface ClusterFlow extends Flow {
  readonly cluster: string;
}

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'Flow',
  namespace: 'io.margay',
  doc: 'Who talked to whom in an interval, as a node reported it.',
  fields: [
    { name: 'cluster', type: 'string' },
    { name: 'id', type: 'string', doc: 'Deterministic: a repeat has the same id.' },
    { name: 'startAt', type: INSTANT },
    { name: 'endAt', type: INSTANT },
    // Words and not enums: an older reader must not stop at a word that a newer version adds.
    { name: 'reporter', type: 'string', doc: 'Which end reported it: src, dst or fwd.' },
    { name: 'action', type: 'string', doc: 'allow or deny.' },
    {
      name: 'source',
      type: {
        type: 'record',
        name: 'FlowEnd',
        doc: 'One end of a flow.',
        fields: [
          { name: 'type', type: 'string', doc: 'pod, hostEndpoint, networkSet or network.' },
          { name: 'namespace', type: 'string', doc: 'Empty where the end is in no namespace.' },
          { name: 'name', type: 'string' },
          { name: 'nameIsPrefix', type: 'boolean', doc: 'True for any pod whose name begins so.' },
        ],
      },
    },
    { name: 'destination', type: 'FlowEnd' },
  ],
};

const endOf = ({ type, namespace, name, nameIsPrefix }: FlowEnd): FlowEnd => ({
  type,
  namespace,
  name,
  nameIsPrefix,
});

/** Flows, as flow logs tell them. */
export const flows = defineTopic<ClusterFlow>({
  name: 'margay.flows',
  about: 'Who talked to whom, from flow logs.',
  schema: SCHEMA,
  released: FLOW_RELEASES,
  key: 'cluster and namespace of the destination',
  keyOf: ({ cluster, destination }) => `${cluster}/${destination.namespace}`,
  toRecord: (flow) => flow,
  fromRecord: ({ cluster, id, startAt, endAt, reporter, action, source, destination }: ClusterFlow) => ({
    cluster,
    id,
    startAt,
    endAt,
    reporter,
    action,
    source: endOf(source),
    destination: endOf(destination),
  }),
});
