import { expect, test } from 'vitest';
import { readEvent } from './read-event.ts';
import { event, failure, nested, pod, policy, policyReference, success } from './testing/events.ts';

const read = (value: unknown) => readEvent(value, { source: 'audit.log', position: 3 });

test.each<[string, Record<string, unknown>, object | undefined]>([
  ['a stored write', {}, { name: 'web', verb: 'update', refused: false, actor: { user: 'ana' } }],
  [
    'a refused one',
    { responseStatus: failure(403), responseObject: undefined },
    { name: 'web', refused: true },
  ],
  [
    'a refused creation, named by its body',
    {
      verb: 'create',
      objectRef: policyReference({ name: undefined }),
      requestObject: policy(),
      responseStatus: failure(422),
    },
    { name: 'web', refused: true },
  ],
  [
    'a deletion',
    { verb: 'delete', responseObject: success() },
    { name: 'web', verb: 'delete', refused: false },
  ],
  ['one without a body', { level: 'Metadata', responseObject: undefined }, { name: 'web', refused: false }],
  ['one whose outcome is unknown', { responseStatus: failure(504) }, undefined],
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
  ['pods', { objectRef: { resource: 'pods', name: 'web-1' }, responseObject: pod() }, undefined],
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
