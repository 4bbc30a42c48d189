import type { Key, KubernetesObject } from '@margay/ground';
import type { Actor, Change, May, ObjectDoubt } from '@margay/history';
import { INSTANT, optional, type RecordSchema } from '../avro/schema.ts';
import { RESOURCE_CHANGE_RELEASES } from '../releases/resource-change.ts';
import { defineTopic, present } from '../topic.ts';

/** A change of one resource of one cluster. */
export interface ResourceChange extends Change {
  readonly cluster: string;
}

/** Who acted, as a record of its own in several messages. */
export const ACTOR_SCHEMA: RecordSchema = {
  type: 'record',
  name: 'Actor',
  doc: 'Who acted.',
  fields: [
    { name: 'user', type: 'string', doc: 'The authenticated user.' },
    optional('impersonated', 'string', 'Whom that user acted for.'),
  ],
};

const SAID_SCHEMA: RecordSchema = {
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
    optional('uid', 'string', 'Absent where it is not known.'),
  ],
};

const DOUBT_SCHEMA: RecordSchema = {
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
};

const SCHEMA: RecordSchema = {
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
    optional('uid', 'string', 'Absent on ends that did not name it.'),
    optional('resourceVersion', 'string', 'Decimal text of any length.'),
    { name: 'at', type: INSTANT, doc: 'When the API server had answered.' },
    { name: 'receivedAt', type: INSTANT, doc: 'When the request came in.' },
    optional('content', 'string', 'The projected object as JSON; with present only.'),
    { name: 'created', type: 'boolean', default: false, doc: 'True on the event that created the object.' },
    optional('actor', ACTOR_SCHEMA, 'Who acted, if known.'),
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
    optional(
      'said',
      SAID_SCHEMA,
      'Where it is there, it counts instead of what, name and uid, which are about no object then.',
    ),
    optional('doubt', DOUBT_SCHEMA, 'With doubtful, and with patched for where the object was not seen.'),
    optional('generation', 'long', 'How often the spec had been changed, where the object says so.'),
    optional('basedOn', 'string', 'The resourceVersion that the request had to find.'),
    optional(
      'uidShown',
      'boolean',
      'Whether the API server called the object by the uid. Where it is absent: with present and gone alone.',
    ),
  ],
};

interface ChangeRecord {
  readonly cluster: string;
  readonly id: string;
  readonly eventId: string;
  readonly what: 'present' | 'gone';
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly resourceVersion: string | null;
  readonly at: number;
  readonly receivedAt: number;
  readonly content: string | null;
  readonly created: boolean;
  readonly actor: ActorRecord | null;
  readonly origin: { readonly source: string; readonly position: number };
  readonly said: { readonly what: string; readonly name: string; readonly uid: string | null } | null;
  readonly doubt: DoubtRecord | null;
  readonly generation: number | null;
  readonly basedOn: string | null;
  readonly uidShown: boolean | null;
}

interface DoubtRecord {
  readonly reason: string;
  readonly may: string;
  readonly message: string;
  readonly ends: boolean;
  readonly passedOn: boolean;
  readonly wasThere: boolean;
}

/**
 * Services from before there were doubts know two kinds of changes. For them it is the end of an object without name and
 * uid, of which there is none.
 */
const unknownToOld = ({ what, name, uid }: ResourceChange) =>
  what !== 'present' && what !== 'gone'
    ? { what: 'gone', name: '', uid: null, said: { what, name, uid: uid ?? null } }
    : {};

const doubtOf = ({ reason, may, message, ends, passedOn, wasThere }: DoubtRecord): ObjectDoubt => ({
  reason,
  may: may as May,
  message,
  ...present('ends', ends ? true : null),
  ...present('passedOn', passedOn ? true : null),
  ...present('wasThere', wasThere ? true : null),
});

/** An actor on the wire. */
export interface ActorRecord {
  readonly user: string;
  readonly impersonated: string | null;
}

/** The actor of its record. */
export const actorOf = ({ user, impersonated }: ActorRecord): Actor => ({
  user,
  ...present('impersonated', impersonated),
});

/** Changes of resources, from wherever they were seen. */
export const resourceChanges = defineTopic<ResourceChange>({
  name: 'margay.resource-changes',
  about: 'Every change of a resource that reports need, as it was seen by a source.',
  schema: SCHEMA,
  released: RESOURCE_CHANGE_RELEASES,
  key: 'cluster, resource type, namespace and name of the object',
  keyOf: ({ cluster, group, resource, namespace, name }) =>
    `${cluster}/${group === '' ? resource : `${resource}.${group}`}/${namespace}/${name}`,
  toRecord: (change) => ({
    ...change,
    content: change.content === undefined ? null : JSON.stringify(change.content),
    doubt:
      change.doubt === undefined ? null : { ends: false, passedOn: false, wasThere: false, ...change.doubt },
    ...unknownToOld(change),
  }),
  fromRecord: (record: ChangeRecord) => ({
    cluster: record.cluster,
    id: record.id,
    eventId: record.eventId,
    what: (record.said?.what as Change['what'] | undefined) ?? record.what,
    group: record.group,
    resource: record.resource,
    namespace: record.namespace,
    name: record.said?.name ?? record.name,
    at: record.at,
    receivedAt: record.receivedAt,
    origin: { source: record.origin.source, position: record.origin.position },
    ...present('uid', record.said === null ? record.uid : record.said.uid),
    ...present('resourceVersion', record.resourceVersion),
    ...present('content', record.content === null ? null : (JSON.parse(record.content) as KubernetesObject)),
    ...present('created', record.created ? true : null),
    ...present('doubt', record.doubt === null ? null : doubtOf(record.doubt)),
    ...present('generation', record.generation),
    ...present('basedOn', record.basedOn),
    ...present('uidShown', record.uidShown),
    ...present('actor', record.actor === null ? null : actorOf(record.actor)),
  }),
});

/** The object that a message of that key is about; undefined for a text that is no key of the topic. */
export function objectOfKey(key: string): (Key & { readonly cluster: string }) | undefined {
  const parts = /^(.*)\/([a-z0-9-]+)(?:\.([a-z0-9.-]+))?\/([^/]*)\/([^/]*)$/s.exec(key);
  if (parts === null) return undefined;
  const [, cluster = '', resource = '', group = '', namespace = '', name = ''] = parts;
  return { cluster, group, resource, namespace, name };
}
