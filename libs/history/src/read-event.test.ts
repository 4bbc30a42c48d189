import { expect, test } from 'vitest';
import { parseInstant } from '@margay/ground';
import { readEvent } from './read-event.ts';
import { shownUid } from './birth.ts';
import type { Reading } from './reading.ts';
import { event, failure, nested, pod, podEvent, policy, policyReference, success } from './testing/events.ts';

const origin = { source: 'audit.log', position: 3 };
const read = (value: unknown): Reading => readEvent(value, origin);

/** `ignored:refused`, `present web@7`, `gone web u1`. */
function said(reading: Reading): string {
  if (reading.kind !== 'changes') return `${reading.kind}:${reading.reason}`;
  return reading.changes
    .map(({ what, name, uid, resourceVersion, created }) =>
      what === 'present'
        ? `${created === true ? 'created' : 'present'} ${name}@${resourceVersion}`
        : `gone ${name} ${uid ?? '?'}`,
    )
    .join(', ');
}

const metadataOf = (fields: object) => ({
  apiVersion: 'meta.k8s.io/v1',
  kind: 'PartialObjectMetadata',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', ...fields },
});
const terminating = { deletionTimestamp: '2026-11-24T01:02:03Z', deletionGracePeriodSeconds: 0 };
const canary = (uri = 'fieldManager=margay-canary%2F5f0c%2F10.0.0.1%3A6443%2F2%2F7', fields: object = {}) =>
  event({
    verb: 'patch',
    level: 'Metadata',
    requestURI: `/apis/coordination.k8s.io/v1/namespaces/margay/leases/margay-canary?${uri}`,
    objectRef: {
      apiGroup: 'coordination.k8s.io',
      apiVersion: 'v1',
      resource: 'leases',
      namespace: 'margay',
      name: 'margay-canary',
    },
    responseStatus: { code: 200 },
    requestObject: undefined,
    responseObject: undefined,
    ...fields,
  });
const namespaceReference = { resource: 'namespaces', name: 'shop', namespace: 'shop', apiVersion: 'v1' };
const namespace = (metadata: object, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', uid: 'n1', resourceVersion: '9', ...metadata },
  spec,
});
const crdReference = {
  apiGroup: 'apiextensions.k8s.io',
  resource: 'customresourcedefinitions',
  name: 'tiers.projectcalico.org',
};

test.each<[string, unknown, string]>([
  // What is read at all.
  ['not an object', 'text', 'unusable:not-an-audit-event'],
  ['null', null, 'unusable:not-an-audit-event'],
  ['no verb', event({ verb: undefined }), 'unusable:not-an-audit-event'],
  ['no stage', event({ stage: undefined }), 'unusable:not-an-audit-event'],
  ['request received', event({ stage: 'RequestReceived' }), 'ignored:stage'],
  ['response started', event({ stage: 'ResponseStarted' }), 'ignored:stage'],
  ['get', event({ verb: 'get' }), 'present web@7'],
  ['get from a cache', event({ verb: 'get', requestURI: '/x?resourceVersion=0' }), 'ignored:read-only'],
  ['get without a body', event({ verb: 'get', responseObject: undefined }), 'ignored:read-only'],
  ['list', event({ verb: 'list' }), 'ignored:read-only'],
  ['watch', event({ verb: 'watch' }), 'ignored:read-only'],
  ['a path that is no resource', event({ verb: 'post', objectRef: undefined }), 'ignored:out-of-kind'],
  ['secrets', event({ objectRef: { resource: 'secrets', name: 'x' } }), 'ignored:out-of-kind'],
  [
    'a resource named as a property is',
    event({ objectRef: { resource: 'constructor' } }),
    'ignored:out-of-kind',
  ],
  ['an unknown group', event({ objectRef: policyReference({ apiGroup: 'x.io' }) }), 'ignored:out-of-kind'],
  ['a canary', canary(), 'ignored:canary'],
  ['a canary that was refused', canary(undefined, { responseStatus: { code: 403 } }), 'ignored:out-of-kind'],
  ['somebody’s change of its object', canary('fieldManager=kubectl-edit'), 'ignored:out-of-kind'],
  ['somebody’s deletion of it', canary(undefined, { verb: 'delete' }), 'ignored:out-of-kind'],
  [
    'a dry run of one',
    canary('dryRun=All&fieldManager=margay-canary%2Fa%2Fb%2F1%2F1'),
    'ignored:out-of-kind',
  ],
  [
    'its name on another object',
    event({ requestURI: '/x?fieldManager=margay-canary%2Fa%2Fb%2F1%2F1' }),
    'present web@7',
  ],
  ['v1beta1 of audit events', event({ apiVersion: 'audit.k8s.io/v1beta1' }), 'present web@7'],
  [
    'without apiVersion, as in lists of some',
    event({ apiVersion: undefined, kind: undefined }),
    'present web@7',
  ],

  // Dry runs.
  ['dry run in the query', event({ requestURI: '/x?dryRun=All' }), 'ignored:dry-run'],
  ['an escaped query', event({ requestURI: '/x?force=true&dry%52un=All' }), 'ignored:dry-run'],
  [
    'a dry run that was refused',
    event({ requestURI: '/x?dryRun=All', responseStatus: failure(403) }),
    'ignored:dry-run',
  ],
  ['a pair that the API server leaves out', event({ requestURI: '/x?dryRun=All%zz' }), 'present web@7'],
  ['another one', event({ requestURI: '/x?a;dryRun=All' }), 'present web@7'],
  [
    'a deletion whose body says so',
    event({ verb: 'delete', requestObject: { dryRun: ['All'] }, responseObject: success() }),
    'ignored:dry-run',
  ],
  [
    'a deletion whose query says so',
    event({ verb: 'delete', requestURI: '/x?dryRun=All', responseObject: success() }),
    'ignored:dry-run',
  ],
  [
    'a deletion with a body: the query is not looked at',
    event({
      verb: 'delete',
      requestURI: '/x?dryRun=All',
      requestObject: { kind: 'DeleteOptions' },
      responseObject: success(),
    }),
    'gone web u1',
  ],
  [
    'a patch with a field of that name is none',
    event({ verb: 'patch', requestObject: { dryRun: ['All'] } }),
    'present web@7',
  ],
  [
    'an eviction that says so',
    podEvent({
      verb: 'create',
      objectRef: { resource: 'pods', subresource: 'eviction' },
      requestObject: { deleteOptions: { dryRun: ['All'] } },
    }),
    'ignored:dry-run',
  ],

  // Subresources.
  ['status', event({ objectRef: policyReference({ subresource: 'status' }) }), 'present web@7'],
  [
    'binding',
    podEvent({
      verb: 'create',
      objectRef: { resource: 'pods', name: 'web-1', subresource: 'binding' },
      responseObject: success(),
    }),
    'ignored:no-version',
  ],
  [
    'eviction',
    podEvent({
      verb: 'create',
      objectRef: { resource: 'pods', name: 'web-1', subresource: 'eviction' },
      responseObject: success(),
    }),
    'ignored:no-version',
  ],
  [
    'token',
    event({
      verb: 'create',
      objectRef: { resource: 'serviceaccounts', name: 'default', subresource: 'token' },
    }),
    'ignored:no-version',
  ],
  [
    'an ephemeral container',
    podEvent({
      verb: 'patch',
      objectRef: { resource: 'pods', name: 'web-1', subresource: 'ephemeralcontainers' },
    }),
    'present web-1@7',
  ],

  // Time.
  [
    'no timestamps',
    event({ stageTimestamp: undefined, requestReceivedTimestamp: null }),
    'unusable:no-timestamp',
  ],
  [
    'timestamps that are none',
    event({ stageTimestamp: 'today', requestReceivedTimestamp: 5 }),
    'unusable:no-timestamp',
  ],
  ['only the time of the request', event({ stageTimestamp: undefined }), 'present web@7'],

  // Outcome.
  ['refused', event({ responseStatus: failure(403) }), 'ignored:refused'],
  ['not found', event({ verb: 'delete', responseStatus: failure(404) }), 'ignored:refused'],
  ['conflict', event({ responseStatus: failure(409) }), 'ignored:refused'],
  ['timeout: 504', event({ responseStatus: failure(504) }), 'doubtful:outcome-unknown'],
  ['500', event({ responseStatus: failure(500) }), 'doubtful:outcome-unknown'],
  ['no code', event({ responseStatus: undefined }), 'doubtful:outcome-unknown'],
  ['a code that is none', event({ responseStatus: { code: 0 } }), 'doubtful:outcome-unknown'],
  ['a panic', event({ stage: 'Panic', responseStatus: { code: 500 } }), 'doubtful:outcome-unknown'],
  [
    'the client went away',
    event({ responseStatus: { code: 200, message: 'Connection closed early' } }),
    'doubtful:outcome-unknown',
  ],

  // Bodies.
  ['level Metadata', event({ level: 'Metadata', responseObject: undefined }), 'doubtful:no-content'],
  [
    'level Request',
    event({ level: 'Request', requestObject: policy(), responseObject: undefined }),
    'doubtful:no-content',
  ],
  [
    'truncated',
    event({ responseObject: undefined, annotations: { 'audit.k8s.io/truncated': 'true' } }),
    'doubtful:no-content',
  ],
  [
    'a text in the place of the object',
    event({ responseObject: 'skipped-too-big-size-object' }),
    'doubtful:no-content',
  ],
  [
    'an aggregated API',
    event({
      verb: 'create',
      objectRef: { apiGroup: 'projectcalico.org', resource: 'tiers' },
      responseStatus: { code: 201 },
      responseObject: undefined,
    }),
    'doubtful:no-content',
  ],
  [
    'a Table',
    event({ responseObject: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [] } }),
    'doubtful:not-the-object',
  ],
  ['a body without kind', event({ responseObject: {} }), 'doubtful:not-the-object'],
  ['a Status that is no deletion', event({ responseObject: success() }), 'doubtful:not-the-object'],
  [
    'the kind of another group',
    event({ responseObject: policy({}, { apiVersion: 'projectcalico.org/v3' }) }),
    'doubtful:not-the-object',
  ],
  [
    'an unknown version',
    event({ responseObject: policy({}, { apiVersion: 'networking.k8s.io/v9' }) }),
    'doubtful:unknown-version',
  ],
  ['metadata only', event({ responseObject: metadataOf({}) }), 'present web@7'],
  ['no uid', event({ responseObject: policy({ uid: undefined }) }), 'unusable:no-uid'],
  ['no name', event({ responseObject: policy({ name: '' }) }), 'unusable:no-name'],
  [
    'no resourceVersion',
    event({ responseObject: policy({ resourceVersion: undefined }) }),
    'unusable:no-resource-version',
  ],
  [
    'a resourceVersion that is no number',
    event({ responseObject: policy({ resourceVersion: 'x' }) }),
    'unusable:no-resource-version',
  ],
  [
    'nested beyond reason',
    event({ responseObject: policy({}, { spec: nested(5_000) }) }),
    'unusable:unreadable',
  ],
  [
    'a definition at level Metadata: only its end matters',
    event({ objectRef: crdReference, level: 'Metadata', responseObject: undefined }),
    'ignored:no-version',
  ],
  [
    'its deletion at level Metadata',
    event({ verb: 'delete', objectRef: crdReference, level: 'Metadata', responseObject: undefined }),
    'doubtful:no-content',
  ],

  // Creations.
  ['create', event({ verb: 'create', responseStatus: { code: 201 } }), 'created web@7'],
  [
    'a name that the API server made',
    podEvent({
      verb: 'create',
      objectRef: { resource: 'pods', namespace: 'shop' },
      responseStatus: { code: 201 },
      responseObject: pod({ generateName: 'web-' }),
    }),
    'created web-1@7',
  ],
  ['apply that creates', event({ verb: 'patch', responseStatus: { code: 201 } }), 'created web@7'],
  ['update that creates', event({ responseStatus: { code: 201 } }), 'created web@7'],
  ['apply that changes', event({ verb: 'patch' }), 'present web@7'],
  ['a JSON patch', event({ verb: 'patch', requestObject: [{ op: 'add', path: '/x' }] }), 'present web@7'],

  // Ends.
  ['a Status', event({ verb: 'delete', responseObject: success() }), 'gone web u1'],
  [
    'a Status at level Request',
    event({
      verb: 'delete',
      level: 'Request',
      responseObject: undefined,
      responseStatus: { code: 200, ...success() },
    }),
    'gone web u1',
  ],
  [
    'a Status at level Metadata, which may be that of a dry run',
    event({
      verb: 'delete',
      level: 'Metadata',
      responseObject: undefined,
      responseStatus: { code: 200, ...success() },
    }),
    'doubtful:no-content',
  ],
  [
    'options that are not shown',
    event({ verb: 'delete', requestObject: 'skipped-too-big-size-object', responseObject: success() }),
    'doubtful:no-content',
  ],
  ['a Status without details', event({ verb: 'delete', responseObject: success({}) }), 'gone web ?'],
  [
    'a Status for what has no name',
    event({ verb: 'delete', objectRef: policyReference({ name: undefined }), responseObject: success({}) }),
    'unusable:no-name',
  ],
  [
    'an object that went at once',
    podEvent({
      verb: 'delete',
      objectRef: { resource: 'services', name: 'web' },
      responseObject: { ...policy(), apiVersion: 'v1', kind: 'Service' },
    }),
    'gone web u1',
  ],
  [
    'a pod with grace',
    podEvent({ verb: 'delete', responseObject: pod({ ...terminating, deletionGracePeriodSeconds: 30 }) }),
    'present web-1@7',
  ],
  ['a pod without', podEvent({ verb: 'delete', responseObject: pod(terminating) }), 'gone web-1 p1'],
  [
    'a pod whose answer has no resourceVersion',
    podEvent({ verb: 'delete', responseObject: pod({ ...terminating, resourceVersion: undefined }) }),
    'gone web-1 p1',
  ],
  [
    'a finalizer holds it',
    podEvent({ verb: 'delete', responseObject: pod({ ...terminating, finalizers: ['x'] }) }),
    'present web-1@7',
  ],
  ['the last finalizer goes', event({ verb: 'patch', responseObject: policy(terminating) }), 'gone web u1'],
  [
    'the last finalizer of a pod with grace',
    podEvent({ verb: 'patch', responseObject: pod({ ...terminating, deletionGracePeriodSeconds: 30 }) }),
    'present web-1@7',
  ],
  [
    'the garbage collector removes it',
    event({ verb: 'patch', responseObject: metadataOf(terminating) }),
    'gone web u1',
  ],
  [
    'a namespace that is Terminating',
    event({
      verb: 'delete',
      objectRef: namespaceReference,
      responseObject: namespace(terminating, { finalizers: ['kubernetes'] }),
    }),
    'present shop@9',
  ],
  [
    'finalized with another finalizer',
    event({
      objectRef: { ...namespaceReference, subresource: 'finalize' },
      responseObject: namespace({ ...terminating, finalizers: ['x'] }),
    }),
    'present shop@9',
  ],
  [
    'finalized',
    event({
      objectRef: { ...namespaceReference, subresource: 'finalize' },
      responseObject: namespace(terminating),
    }),
    'gone shop n1',
  ],
  [
    'a namespace by its metadata, which hides the finalizers of its spec',
    event({
      verb: 'patch',
      objectRef: namespaceReference,
      responseObject: {
        ...metadataOf(terminating),
        metadata: { ...terminating, name: 'shop', uid: 'n1', resourceVersion: '9' },
      },
    }),
    'present shop@9',
  ],
])('%s', (_, value, expected) => {
  expect(said(read(value))).toBe(expected);
});

test('what cannot be used says which object it was and what to do', () => {
  expect(read(event({ level: 'Metadata', responseObject: undefined }))).toMatchObject({
    message:
      'update networkpolicies shop/web: the event has no body: audit this resource at level RequestResponse.',
  });
});

test.each([
  [{ kind: 'Status', apiVersion: 'v1' }, 'one of kind Status'],
  [{ kind: 'Event', apiVersion: 'x' }, 'one of kind Event'],
  [{ kind: 'Pod', apiVersion: 'v1' }, 'one of kind Pod'],
  [
    { kind: 'NetworkPolicy', apiVersion: 'projectcalico.org/hunter2 s3cret' },
    'one of kind NetworkPolicy of projectcalico.org',
  ],
  [{ kind: 'Pod', apiVersion: 'hunter2' }, 'one of kind Pod'],
  [{ kind: 'hunter2', apiVersion: 'v1' }, 'of another kind'],
  [{ kind: 'Ingress', apiVersion: 'networking.k8s.io/hunter2' }, 'of another kind'],
  [{ kind: 'Pod', apiVersion: { hunter2: 1 } }, 'of another kind'],
  [{ kind: '', apiVersion: 'hunter2' }, 'a body without kind'],
])('of an answer that is not the object no more than known words are told: %j', (responseObject, words) => {
  expect(read(event({ responseObject }))).toMatchObject({
    message: expect.stringContaining(`the answer is ${words}, not the object`),
  });
});

test('an update that ends the object tells nothing of its content: what it shows was never stored', () => {
  const reading = read(event({ responseObject: policy({ ...terminating, labels: { never: 'stored' } }) }));
  expect(reading).toMatchObject({ changes: [{ what: 'gone', resourceVersion: '7' }] });
  expect(reading).not.toHaveProperty('changes.0.content');
  expect(read(podEvent({ verb: 'delete', responseObject: pod(terminating) }))).toHaveProperty(
    'changes.0.content',
  );
});

test('a change knows when, who and where', () => {
  const changed = read(event({ impersonatedUser: { username: 'root' } }));
  expect(changed).toMatchObject({
    at: parseInstant('2026-11-24T01:02:03.000004Z'),
    changes: [
      {
        group: 'networking.k8s.io',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'web',
        uid: 'u1',
        resourceVersion: '7',
        at: parseInstant('2026-11-24T01:02:03.000004Z'),
        receivedAt: parseInstant('2026-11-24T01:02:03.000001Z'),
        actor: { user: 'ana', impersonated: 'root' },
        origin,
      },
    ],
  });
  expect(read(event({ user: {} }))).not.toHaveProperty('changes.0.actor');
});

test('whoever updates an object and is answered with the version that it had wrote nothing', () => {
  expect(read(event({ requestObject: policy({ resourceVersion: '7' }) }))).not.toHaveProperty(
    'changes.0.actor',
  );
  expect(read(event({ requestObject: policy({ resourceVersion: '6' }) }))).toHaveProperty('changes.0.actor');
  expect(read(event({ requestObject: policy({ resourceVersion: undefined }) }))).toHaveProperty(
    'changes.0.actor',
  );
});

test.each([
  [
    'an audit ID that a client chose is no key',
    { responseObject: policy({ name: 'db' }), objectRef: policyReference({ name: 'db' }) },
    false,
  ],
  ['the time of the request tells apart', { requestReceivedTimestamp: '2026-11-24T01:02:03.000002Z' }, false],
  ['so does that of the answer', { stageTimestamp: '2026-11-24T01:02:03.000005Z' }, false],
  ['and the verb', { verb: 'patch' }, false],
  ['a very long audit ID', { auditID: 'x'.repeat(10_000) }, false],
  ['the same event as another source has it', { sourceIPs: ['10.0.0.9'] }, true],
])('ids: %s', (_, fields, same) => {
  const id = (value: unknown, source = 'a') => {
    const reading = readEvent(value, { source, position: 1 });
    return reading.kind === 'changes' ? reading.changes[0]?.id : undefined;
  };
  expect(id(event(fields), 'b') === id(event())).toBe(same);
  expect(id(event(fields))?.length).toBeLessThan(130);
});

test('labels named as properties of every object are labels like others', () => {
  const labels = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as object;
  const reading = read(event({ responseObject: policy({ labels }) }));
  const content = reading.kind === 'changes' ? reading.changes[0]?.content : undefined;
  expect(JSON.stringify(content?.metadata.labels)).toBe('{"__proto__":"a","constructor":"b","toString":"c"}');
});

test('a canary says which one it is, without a body', () => {
  expect(read(canary())).toMatchObject({
    canary: { writer: '5f0c', server: '10.0.0.1:6443', servers: 2, sequence: 7 },
  });
});

test.each<[string, object, string[]]>([
  ['a creation whose answer is not shown', { verb: 'create', responseStatus: { code: 201 } }, []],
  ['a creation that was not answered in time', { verb: 'create', responseStatus: failure(504) }, []],
  ['a creation that was refused', { verb: 'create', responseStatus: failure(409) }, []],
  ['a creation of which it is told that it came in', { verb: 'create', stage: 'RequestReceived' }, []],
  [
    'a creation that is answered with the object',
    { verb: 'create', responseStatus: { code: 201 }, responseObject: policy() },
    ['u1'],
  ],
  [
    'a deletion that names in its answer what it deleted',
    {
      verb: 'delete',
      requestObject: { kind: 'DeleteOptions', preconditions: { uid: 'theirs' } },
      responseStatus: { code: 200 },
      responseObject: success(),
    },
    ['u1'],
  ],
  [
    'a patch of a pod’s status without its answer',
    {
      verb: 'patch',
      user: { username: 'system:node:node-1' },
      objectRef: { resource: 'pods', namespace: 'shop', name: 'web-1', subresource: 'status', uid: 'theirs' },
      requestObject: { metadata: { uid: 'theirs' }, status: { phase: 'Running' } },
      responseStatus: { code: 200 },
    },
    [],
  ],
])('a uid that a request claims is nobody’s word but the client’s: %s', (_, fields, shown) => {
  expect(uidsShownBy(fields)).toEqual(shown);
});

const inCustomStatus = {
  apiGroup: 'cilium.io',
  apiVersion: 'v2',
  resource: 'ciliumnetworkpolicies',
  namespace: 'shop',
  name: 'web',
  subresource: 'status',
  uid: 'theirs',
};
const podStatus = {
  resource: 'pods',
  namespace: 'shop',
  name: 'web-1',
  subresource: 'status',
  uid: 'theirs',
};

test.each<[string, object, string[]]>([
  ['an update that is carried out', {}, ['theirs']],
  ['at level Metadata', { level: 'Metadata', requestObject: undefined }, ['theirs']],
  ['of a status', { objectRef: podStatus, requestObject: undefined }, ['theirs']],
  ['of a custom resource’s status', { objectRef: inCustomStatus, requestObject: undefined }, ['theirs']],
  [
    'whose bodies were cut off',
    { annotations: { 'audit.k8s.io/truncated': 'true' }, requestObject: undefined },
    ['theirs'],
  ],
  ['that names none', { objectRef: policyReference(), requestObject: policy({ uid: undefined }) }, []],
  ['that found nothing, and created', { responseStatus: { code: 201 } }, []],
  ['that was refused, since the object has another uid', { responseStatus: failure(409) }, []],
  ['that was not answered in time', { responseStatus: failure(504) }, []],
  ['whose handler broke', { stage: 'Panic' }, []],
  [
    'whose connection broke off',
    { responseStatus: { code: 200, status: 'Failure', message: 'Connection closed early' } },
    [],
  ],
  ['that came in', { stage: 'RequestReceived', responseStatus: undefined }, []],
  ['that was a dry run', { requestURI: '/apis/x?dryRun=All' }, []],
  ['a patch, of which it leaves out what that says', { verb: 'patch' }, []],
  ['a patch of a custom resource’s status', { verb: 'patch', objectRef: inCustomStatus }, []],
  ['a patch that creates', { verb: 'patch', responseStatus: { code: 201 } }, []],
  ['a deletion', { verb: 'delete', responseStatus: { code: 202 } }, []],
])('the API server holds an update to the uid that it names, and nothing else: %s', (_, fields, shown) => {
  expect(uidsShownBy(fields)).toEqual(shown);
});

/** Of an event that claims one in its request, and is answered without a body, unless said. */
function uidsShownBy(fields: object): string[] {
  const reading = read(
    event({
      objectRef: policyReference({ uid: 'theirs' }),
      requestObject: policy({ uid: 'theirs' }),
      responseObject: undefined,
      ...fields,
    }),
  );
  const told = [reading.changes, reading.asked, reading.answers].flatMap((some) => some ?? []);
  return [...new Set(told.flatMap((change) => shownUid(change) ?? []))];
}
