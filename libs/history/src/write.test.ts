import { fields, type Fields } from '@margay/ground';
import { expect, test } from 'vitest';
import { readEvent } from './read-event.ts';
import { event, failure, nested, pod, policy, policyReference, success } from './testing/events.ts';

const read = (value: unknown) => readEvent(value, { source: 'audit.log', position: 3 });

test.each<[string, Record<string, unknown>, object | undefined]>([
  ['a stored write', {}, { name: 'web', verb: 'update', outcome: 'done', actor: { user: 'ana' } }],
  [
    'a refused one',
    { responseStatus: failure(403), responseObject: undefined },
    { name: 'web', outcome: 'refused' },
  ],
  [
    'a refused creation, named by its body',
    {
      verb: 'create',
      objectRef: policyReference({ name: undefined }),
      requestObject: policy(),
      responseStatus: failure(422),
    },
    { name: 'web', outcome: 'refused' },
  ],
  [
    'a deletion',
    { verb: 'delete', responseObject: success() },
    { name: 'web', verb: 'delete', outcome: 'done' },
  ],
  ['one without a body', { level: 'Metadata', responseObject: undefined }, { name: 'web', outcome: 'done' }],
  ['one that was answered too late', { responseStatus: failure(504) }, { name: 'web', outcome: 'unsettled' }],
  ['one whose handler broke', { stage: 'Panic' }, { outcome: 'unsettled' }],
  [
    'one whose connection was closed early',
    { responseStatus: { code: 200, message: 'Connection closed early' } },
    { outcome: 'unsettled' },
  ],
  [
    'a deletion of many that failed in the middle',
    { verb: 'deletecollection', responseStatus: failure(422) },
    { outcome: 'unsettled' },
  ],
  [
    'one in a group that has passed its name on',
    { objectRef: policyReference({ apiGroup: 'extensions', apiVersion: 'v1beta1' }) },
    { group: 'networking.k8s.io', resource: 'networkpolicies', name: 'web', outcome: 'done' },
  ],
  ['a status', { objectRef: policyReference({ subresource: 'status' }) }, undefined],
  ['a dry run', { requestURI: '/x?dryRun=All' }, undefined],
  [
    'a refused write of what Calico keeps behind its API',
    {
      objectRef: {
        apiGroup: 'crd.projectcalico.org',
        resource: 'globalnetworkpolicies',
        name: 'default.web',
      },
      responseStatus: failure(403),
    },
    { group: 'projectcalico.org', namespace: '', name: 'web' },
  ],
  [
    'pods, without their bodies',
    { objectRef: { resource: 'pods', name: 'web-1' }, responseObject: pod() },
    { group: '', resource: 'pods', name: 'web-1', event: { responseObject: { kind: 'Pod' } } },
  ],
])('the trail of policies: %s', (_, fields, expected) => {
  const reading = read(event(fields));
  const attempt = 'policyEvent' in reading ? reading.policyEvent : undefined;
  if (expected === undefined) expect(attempt).toBeUndefined();
  else expect(attempt).toMatchObject(expected);
});

test('the trail keeps the event, but for bookkeeping and what is nested beyond reason', () => {
  const bookkeeping = {
    managedFields: [{}],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' },
  };
  const reading = read(
    event({ verb: 'patch', requestObject: nested(5_000), responseObject: policy(bookkeeping) }),
  );
  const kept = JSON.stringify('policyEvent' in reading ? reading.policyEvent?.event : undefined);
  expect(kept).toContain('"annotations":{"kept":"yes"}');
  expect(kept).not.toMatch(/managedFields|last-applied/);
  expect(kept).toContain('(left out: nested too deeply)');
});

test('of what is written all the time the trail has names, labels and owners alone', () => {
  const body: Fields = {
    ...pod(),
    spec: { containers: [{ name: 'c', env: [{ name: 'PASSWORD', value: 'secret' }] }] },
  };
  const kept = (value: Fields) => {
    const reading = read(event({ objectRef: { resource: 'pods', namespace: 'shop' }, ...value }));
    return 'policyEvent' in reading ? (reading.policyEvent?.event as Fields) : undefined;
  };
  const one = kept({ requestObject: body, responseObject: body });
  const { name, namespace, uid, resourceVersion, labels } = fields(body['metadata']);
  expect(one?.['responseObject']).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, resourceVersion, ...(labels !== undefined && { labels }) },
  });
  const many = kept({
    verb: 'deletecollection',
    requestObject: { gracePeriodSeconds: 0 },
    responseObject: { kind: 'PodList', apiVersion: 'v1', items: [body] },
  });
  expect(many).toMatchObject({ responseObject: { items: [{ metadata: { name } }] } });
  expect(JSON.stringify([one, many])).not.toContain('secret');
});
