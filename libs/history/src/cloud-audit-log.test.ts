import type { Fields } from '@margay/ground';
import { expect, test } from 'vitest';
import { readLine } from './read-line.ts';

const WHEN = '2026-11-24T01:02:03.004005Z';

/** An entry as Cloud Logging has it of a GKE cluster; a field of its payload given as undefined is left out. */
const entry = (payload: Fields = {}): Fields => ({
  insertId: '1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9',
  labels: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  logName: 'projects/my-project/logs/cloudaudit.googleapis.com%2Factivity',
  operation: { first: true, id: '1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9', last: true, producer: 'k8s.io' },
  protoPayload: {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    authenticationInfo: { principalEmail: 'ana@example.com' },
    authorizationInfo: [
      {
        granted: true,
        permission: 'io.k8s.networking.v1.networkpolicies.update',
        resource: 'networking.k8s.io/v1/namespaces/shop/networkpolicies/web',
      },
    ],
    methodName: 'io.k8s.networking.v1.networkpolicies.update',
    requestMetadata: { callerIp: '192.0.2.7', callerSuppliedUserAgent: 'kubectl/v1.34.1 (linux/amd64)' },
    resourceName: 'networking.k8s.io/v1/namespaces/shop/networkpolicies/web',
    serviceName: 'k8s.io',
    status: { code: 0 },
    response: {
      '@type': 'networking.k8s.io/v1.NetworkPolicy',
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '9' },
      spec: { podSelector: {} },
    },
    ...payload,
  },
  receiveTimestamp: '2026-11-24T01:02:09.000000001Z',
  resource: {
    type: 'k8s_cluster',
    labels: { cluster_name: 'gke-1', location: 'europe-west1', project_id: 'my-project' },
  },
  severity: 'NOTICE',
  timestamp: WHEN,
});

const of = (resourceName: string, methodName: string, status?: Fields): Fields =>
  entry({ resourceName, methodName, status });

const read = (value: Fields) => {
  const [reading, ...others] = readLine(JSON.stringify(value), { source: 'gke', position: 1 });
  expect(others).toEqual([]);
  return reading!;
};

/** `networking.k8s.io networkpolicies shop/web may differ`, of everything that an entry leaves open. */
const leftOpen = (value: Fields): string[] => {
  const reading = read(value);
  return ('changes' in reading ? (reading.changes ?? []) : []).map(
    ({ group, resource, namespace, name, doubt, content }) =>
      [
        group,
        resource,
        `${namespace}/${name}`,
        doubt?.may,
        ...(content === undefined ? [] : ['CONTENT']),
      ].join(' '),
  );
};

test.each<[string, Fields, string[]]>([
  ['an update', entry(), ['networking.k8s.io networkpolicies shop/web be-anything']],
  [
    'one whose status is left out',
    entry({ status: undefined }),
    ['networking.k8s.io networkpolicies shop/web be-anything'],
  ],
  [
    'a creation of the core group',
    of('core/v1/namespaces/shop/pods/web-1', 'io.k8s.core.v1.pods.create'),
    [' pods shop/web-1 be-anything'],
  ],
  [
    'one whose name the API server makes',
    of('core/v1/namespaces/shop/pods', 'io.k8s.core.v1.pods.create'),
    [' pods shop/ be-anything'],
  ],
  [
    'a patch of a status',
    of('core/v1/namespaces/shop/pods/web-1/status', 'io.k8s.core.v1.pods.status.patch'),
    [' pods shop/web-1 be-anything'],
  ],
  [
    'a deletion',
    of('core/v1/namespaces/shop/pods/web-1', 'io.k8s.core.v1.pods.delete'),
    [' pods shop/web-1 be-gone'],
  ],
  [
    'a deletion of many',
    of('core/v1/namespaces/shop/pods', 'io.k8s.core.v1.pods.deletecollection'),
    [' pods shop/ be-gone'],
  ],
  [
    'a namespace',
    of('core/v1/namespaces/shop', 'io.k8s.core.v1.namespaces.delete'),
    [' namespaces /shop be-gone'],
  ],
  [
    'its last step',
    of('core/v1/namespaces/shop/finalize', 'io.k8s.core.v1.namespaces.finalize.update'),
    [' namespaces /shop be-anything'],
  ],
  [
    'an object of no namespace, of a definition',
    of('projectcalico.org/v3/globalnetworkpolicies/deny', 'org.projectcalico.v3.globalnetworkpolicies.patch'),
    ['projectcalico.org globalnetworkpolicies /deny be-anything'],
  ],
  [
    'an answer that says neither yes nor no',
    entry({ status: { code: 4, message: 'Timeout' } }),
    ['networking.k8s.io networkpolicies shop/web be-anything'],
  ],
])('%s leaves open what came of it, and nothing of its bodies is taken', (_, value, expected) => {
  expect(leftOpen(value)).toEqual(expected);
  expect(read(value)).toMatchObject({ kind: 'doubtful', reason: 'outcome-unknown' });
});

test('it says who did what, and when', () => {
  expect(read(entry())).toMatchObject({
    policyEvent: {
      group: 'networking.k8s.io',
      resource: 'networkpolicies',
      namespace: 'shop',
      name: 'web',
      verb: 'update',
      outcome: 'unsettled',
      actor: { user: 'ana@example.com' },
      event: { sourceIPs: ['192.0.2.7'], requestReceivedTimestamp: WHEN },
    },
  });
});

test.each<[string, Fields, Fields]>([
  [
    'a refusal',
    entry({ status: { code: 7, message: 'Forbidden' } }),
    { kind: 'ignored', reason: 'refused', policyEvent: { outcome: 'refused' } },
  ],
  [
    'a read',
    of('core/v1/namespaces/shop/pods/web-1', 'io.k8s.core.v1.pods.get'),
    { kind: 'ignored', reason: 'read-only' },
  ],
  [
    'a read of what was not there, which may be an answer of a cache',
    of('core/v1/namespaces/shop/pods/web-1', 'io.k8s.core.v1.pods.get', { code: 5 }),
    { kind: 'ignored', reason: 'read-only' },
  ],
  [
    'a kind that is not kept',
    of('apps/v1/namespaces/shop/deployments/web', 'io.k8s.apps.v1.deployments.patch'),
    { kind: 'ignored', reason: 'out-of-kind' },
  ],
  [
    'a subresource that shows nothing',
    of('core/v1/namespaces/shop/pods/web-1/binding', 'io.k8s.core.v1.pods.binding.create'),
    { kind: 'ignored', reason: 'no-version' },
  ],
  [
    'a form that is not known',
    of('shop/web', 'UpdatePolicy'),
    { kind: 'unusable', reason: 'not-an-audit-event', message: expect.stringContaining('Cloud Audit Logs') },
  ],
  [
    'another service, as the cluster’s own settings',
    entry({ serviceName: 'container.googleapis.com' }),
    { kind: 'ignored', reason: 'out-of-kind' },
  ],
])('%s is what it is', (_, value, expected) => expect(read(value)).toMatchObject(expected));

test('one that comes again, in whatever envelope, is the same', () => {
  const data = Buffer.from(JSON.stringify(entry())).toString('base64');
  const pushed = read({ message: { data, messageId: '1' }, subscription: 'projects/p/subscriptions/s' });
  expect(pushed).toEqual(read(entry()));
});
