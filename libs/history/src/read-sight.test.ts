import type { Fields } from '@margay/ground';
import { expect, test } from 'vitest';
import { memoryHistory } from './memory.ts';
import { changesIn } from './reading.ts';
import { readEvent } from './read-event.ts';
import { event, pod, podEvent, policy, policyReference } from './testing/events.ts';

const read = (value: Fields) => readEvent(value, { source: 'log', position: 1 });
const shown = (value: Fields): string =>
  changesIn(read(value))
    .map(
      ({ what, namespace, name, resourceVersion = '' }) => `${what} ${namespace}/${name}@${resourceVersion}`,
    )
    .join(', ');

const get = (fields: Fields = {}) => event({ verb: 'get', ...fields });
const refused = (verb: string, code: number, reason: string, fields: Fields = {}, more: Fields = {}) =>
  event({
    verb,
    responseStatus: {
      metadata: {},
      status: 'Failure',
      reason,
      code,
      message: 'the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'web', group: 'networking.k8s.io', kind: 'networkpolicies' },
      ...fields,
    },
    responseObject: undefined,
    ...more,
  });
const precondition = (uid: string) => ({
  message: `Operation cannot be fulfilled on networkpolicies "web": StorageError: invalid object, Code: 4, Key: /registry/x, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u1, UID in object meta: ${uid}`,
});

test.each<[string, Fields, string]>([
  ['the object', get(), 'present shop/web@7'],
  [
    'its status with it',
    get({ objectRef: policyReference({ subresource: 'status' }) }),
    'present shop/web@7',
  ],
  ['another subresource', get({ objectRef: policyReference({ subresource: 'scale' }) }), ''],
  [
    'its metadata alone',
    get({ responseObject: policy({}, { kind: 'PartialObjectMetadata' }) }),
    'present shop/web@7',
  ],
  ['a table', get({ responseObject: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [] } }), ''],
  ['what a cache had', get({ requestURI: '/x/web?resourceVersion=0' }), ''],
  ['what a cache had, or newer', get({ requestURI: '/x/web?resourceVersion=5' }), ''],
  ['a part of it', get({ annotations: { 'audit.k8s.io/truncated': 'true' } }), ''],
  ['nothing, at level Metadata', get({ level: 'Metadata', responseObject: undefined }), ''],
  [
    'all that a list has',
    get({
      verb: 'list',
      objectRef: policyReference({ name: undefined }),
      responseObject: {
        kind: 'NetworkPolicyList',
        apiVersion: 'networking.k8s.io/v1',
        items: [
          policy({}, { apiVersion: undefined, kind: undefined }),
          policy({ name: 'db', uid: 'u2' }),
        ].map(({ apiVersion: _, kind: __, ...item }) => item),
      },
    }),
    'present shop/web@7, present shop/db@7',
  ],
  [
    'a list of which one page went before',
    get({
      verb: 'list',
      requestURI: '/x?limit=1&continue=abc',
      responseObject: { kind: 'NetworkPolicyList', apiVersion: 'networking.k8s.io/v1', items: [policy()] },
    }),
    '',
  ],
  ['that it is not there', refused('get', 404, 'NotFound'), 'absent shop/web@'],
  [
    'by what its status says alone',
    refused('get', 404, 'NotFound', { details: undefined }),
    'absent shop/web@',
  ],
  ['that the path is not served', refused('get', 404, 'NotFound', { details: { group: 'x' } }), ''],
  ['that the page is not there', refused('get', 404, ''), ''],
  ['that a service account may not read', refused('get', 403, 'Forbidden'), ''],
])('a read shows %s', (_, value, expected) => {
  expect(shown(value)).toBe(expected);
});

test.each<[string, Fields, string]>([
  ['deleting what is gone', refused('delete', 404, 'NotFound'), 'absent shop/web@'],
  ['updating what is gone', refused('update', 404, 'NotFound'), 'absent shop/web@'],
  ['patching what is gone', refused('patch', 404, 'NotFound'), 'absent shop/web@'],
  [
    'creating in a namespace that is not there',
    refused('create', 404, 'NotFound', { details: { name: 'shop', kind: 'namespaces' } }),
    '',
  ],
  ['creating what is there', refused('create', 409, 'AlreadyExists'), 'there shop/web@'],
  ['updating what was changed since', refused('update', 409, 'Conflict'), 'there shop/web@'],
  ['patching against another manager', refused('patch', 409, 'Conflict'), 'there shop/web@'],
  ['updating one that is gone', refused('update', 409, 'Conflict', precondition('')), ''],
  [
    'a quota that others changed',
    refused('create', 409, 'Conflict', { details: { name: 'compute', kind: 'resourcequotas' } }),
    '',
  ],
  ['not being allowed', refused('update', 403, 'Forbidden'), ''],
  ['an invalid object', refused('update', 422, 'Invalid'), ''],
  [
    "Calico's storage form of what is gone, which has two names",
    refused(
      'delete',
      404,
      'NotFound',
      { details: { name: 'default.web', kind: 'networkpolicies' } },
      { objectRef: policyReference({ apiGroup: 'crd.projectcalico.org', name: 'default.web' }) },
    ),
    'absent shop/web@, absent shop/default.web@',
  ],
])('a refusal shows what there is: %s', (_, value, expected) => {
  expect(shown(value)).toBe(expected);
  expect(read(value)).toMatchObject({ kind: 'ignored', reason: 'refused' });
});

const at = (second: number) => {
  const text = `2026-11-24T01:02:${String(second).padStart(2, '0')}`;
  return { requestReceivedTimestamp: `${text}.000000Z`, stageTimestamp: `${text}.500000Z`, auditID: text };
};
const after = (...events: readonly Fields[]) => {
  const history = memoryHistory();
  for (const one of events) history.add(changesIn(read(one)));
  return history.versions().map(({ uid, resourceVersion, validTo, doubt, actor, endedBy }) => {
    const end = validTo === undefined ? '' : ` until ${(validTo / 1e6) % 60} ${endedBy ?? ''}`;
    const open = doubt === undefined ? '' : ` ${doubt.may}`;
    return `${uid}@${resourceVersion} by ${actor?.user ?? '?'}${open}${end}`.trim();
  });
};

const created = event({ verb: 'create', responseStatus: { code: 201 }, ...at(1) });
const lost = event({ responseObject: undefined, responseStatus: { code: 504 }, ...at(5) });
const changed = policy({ resourceVersion: '9' }, { spec: { podSelector: { matchLabels: { a: 'b' } } } });

test('a read settles what was open, and who read changed nothing', () => {
  expect(after(created, lost)).toEqual(['u1@7 by ana until 5', 'u1@7 by ana differ']);
  expect(after(created, lost, get({ ...at(8), user: { username: 'bob' } }))).toEqual(['u1@7 by ana']);
  expect(after(created, lost, get({ ...at(8), responseObject: changed, user: { username: 'bob' } }))).toEqual(
    ['u1@7 by ana until 5', 'u1@7 by ana differ until 8.5', 'u1@9 by ?'],
  );
  expect(after(created, lost, get({ ...at(4), responseObject: policy() }))).toEqual(after(created, lost));
});

test('a list settles what it shows, as a read does', () => {
  const items = [changed, policy({ name: 'db', uid: 'u2' })];
  const list = { kind: 'NetworkPolicyList', apiVersion: 'networking.k8s.io/v1', items };
  const one = get({ verb: 'list', objectRef: policyReference({ name: undefined }), responseObject: list });
  expect(after(created, lost, { ...one, ...at(8) })).toEqual([
    'u2@7 by ?',
    'u1@7 by ana until 5',
    'u1@7 by ana differ until 8.5',
    'u1@9 by ?',
  ]);
});

test('what a read shows and no write does was missed', () => {
  expect(after(created, get({ ...at(8), responseObject: changed }))).toEqual([
    'u1@7 by ana differ until 8.5',
    'u1@9 by ?',
  ]);
  // The binding of a pod and the like leave no event that shows it.
  const born = podEvent({ verb: 'create', responseStatus: { code: 201 }, ...at(1) });
  const bound = pod({ resourceVersion: '9' }, { nodeName: 'node-2' });
  expect(after(born, podEvent({ verb: 'get', responseObject: bound, ...at(8) }))).toEqual([
    'p1@7 by ana until 8.5',
    'p1@9 by ?',
  ]);
});

test('a read that was answered before the write says nothing of who wrote', () => {
  const write = event({ ...at(5), responseObject: changed });
  const reading = get({ ...at(5), stageTimestamp: at(5).requestReceivedTimestamp, responseObject: changed });
  expect(after(created, reading, write).at(-1)).toBe('u1@9 by ana');
});
