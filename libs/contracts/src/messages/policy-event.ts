import { flatPolicyEvent, policyEventOf, type FlatPolicyEvent, type PolicyEvent } from '@margay/history';
import { INSTANT, optional, type RecordSchema } from '../avro/schema.ts';
import { POLICY_EVENT_RELEASES } from '../releases/policy-event.ts';
import { defineTopic } from '../topic.ts';
import { ACTOR_SCHEMA, type ActorRecord } from './resource-change.ts';

/** An event of the audit trail of one cluster. */
export interface ClusterPolicyEvent extends PolicyEvent {
  readonly cluster: string;
}

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'PolicyEvent',
  namespace: 'io.margay',
  doc: 'One attempt to write an object that reports know, allowed, refused or unsettled.',
  fields: [
    { name: 'cluster', type: 'string' },
    { name: 'eventId', type: 'string', doc: 'Deterministic: a repeat has the same id.' },
    { name: 'at', type: INSTANT, doc: 'When the API server had answered.' },
    { name: 'group', type: 'string' },
    { name: 'resource', type: 'string', doc: 'Lower-case plural.' },
    { name: 'namespace', type: 'string', doc: 'Empty for cluster-scoped objects.' },
    { name: 'name', type: 'string', doc: 'Empty for requests that name no object.' },
    { name: 'verb', type: 'string' },
    optional('actor', ACTOR_SCHEMA, 'Who acted, if known.'),
    { name: 'refused', type: 'boolean', doc: 'True when the API server refused the request.' },
    { name: 'event', type: 'string', doc: 'The audit event as JSON.' },
    optional(
      'outcome',
      'string',
      'What became of it: done, refused, or unsettled, where that is not known. Where absent, refused says it.',
    ),
  ],
};

interface PolicyEventRecord extends Omit<FlatPolicyEvent, 'user' | 'impersonated' | 'outcome'> {
  readonly cluster: string;
  readonly actor: ActorRecord | null;
  readonly outcome: FlatPolicyEvent['outcome'];
}

/** The audit trail. */
export const policyEvents = defineTopic<ClusterPolicyEvent>({
  name: 'margay.policy-events',
  about: 'Who tried to write which object when, and what became of it.',
  schema: SCHEMA,
  released: POLICY_EVENT_RELEASES,
  key: 'cluster, resource type, namespace and name of the object',
  keyOf: ({ cluster, group, resource, namespace, name }) =>
    `${cluster}/${group === '' ? resource : `${resource}.${group}`}/${namespace}/${name}`,
  toRecord({ cluster, ...told }) {
    const { user, impersonated, ...flat } = flatPolicyEvent(told);
    return { cluster, ...flat, actor: user === null ? null : { user, impersonated } };
  },
  fromRecord: ({ cluster, actor, ...record }: PolicyEventRecord) => ({
    cluster,
    ...policyEventOf({ ...record, user: actor?.user ?? null, impersonated: actor?.impersonated ?? null }),
  }),
});
