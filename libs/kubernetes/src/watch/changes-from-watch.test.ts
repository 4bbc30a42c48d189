import { kindOf, KEPT_KINDS, type KubernetesObject, parseInstant } from '@margay/ground';
import { memoryHistory, watchSource } from '@margay/history';
import { expect, onTestFinished, test } from 'vitest';
import { FakeApiServer } from '../testing/fake-api-server.ts';
import { changesFromWatch, changesOf, type WatchChange } from './changes-from-watch.ts';
import type { Deleted, Upserted } from './notices.ts';
import { writtenAt } from './written-at.ts';
import { watchableKinds, waysToServe } from './watchable-kinds.ts';

const POLICIES = kindOf({ group: 'networking.k8s.io', resource: 'networkpolicies' })!;
const content = { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' } } satisfies KubernetesObject;
const identity = { uid: 'u1', resourceVersion: '7', namespace: 'shop', name: 'n' };
const upserted: Upserted<KubernetesObject> = {
  what: 'upserted',
  identity,
  object: content,
  by: 'watch',
  created: false,
  unchanged: false,
  correction: false,
  at: 20,
  notBefore: 10,
};
const deleted: Deleted = { what: 'deleted', identity, by: 'watch', correction: false, at: 20, notBefore: 10 };
const common = {
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  namespace: 'shop',
  name: 'n',
  uid: 'u1',
  at: 20,
  receivedAt: 10,
};
const SOURCE = 'watch/networkpolicies.networking.k8s.io';
const named = (id: string, position: number) => ({ id, eventId: id, origin: { source: SOURCE, position } });

test.each<[string, (Upserted<KubernetesObject> | Deleted)[], Partial<WatchChange>[]]>([
  [
    'an object that changed',
    [upserted],
    [{ ...common, ...named(`${SOURCE}/u1/7`, 7), what: 'present', resourceVersion: '7', content }],
  ],
  [
    'an object that came into being',
    [{ ...upserted, created: true }],
    [
      {
        ...common,
        ...named(`${SOURCE}/u1/7`, 7),
        what: 'present',
        resourceVersion: '7',
        content,
        created: true,
      },
    ],
  ],
  ['an object that shows what it showed', [{ ...upserted, unchanged: true }], []],
  [
    'the same after a gap: what was between is unknown',
    [{ ...upserted, unchanged: true, by: 'list' }],
    [{ ...common, ...named(`${SOURCE}/u1/7`, 7), what: 'present', resourceVersion: '7', content }],
  ],
  [
    'a difference that a list shows',
    [{ ...upserted, by: 'list', correction: true }],
    [
      {
        ...common,
        ...named(`${SOURCE}/u1/7`, 7),
        what: 'present',
        resourceVersion: '7',
        content,
        correction: true,
      },
    ],
  ],
  [
    'an end',
    [deleted],
    [{ ...common, ...named(`${SOURCE}/u1/gone`, 7), what: 'gone', resourceVersion: '7' }],
  ],
  [
    'an end that a list shows, of which the version is unknown',
    [{ ...deleted, by: 'list', correction: true }],
    [{ ...common, ...named(`${SOURCE}/u1/gone`, 7), what: 'gone', uidShown: false, correction: true }],
  ],
])('changes of %s', (_, notices, expected) => {
  const { changes, unchanged } = changesOf(POLICIES, { notices });
  expect(changes).toEqual(expected);
  expect(unchanged).toHaveLength(notices.length - expected.length);
});

test('the source of a resource is its own', () => {
  const sources = KEPT_KINDS.map((kind) => watchSource(kind));
  expect(new Set(sources).size).toBe(KEPT_KINDS.length);
  expect(sources[0]).toBe('watch/pods');
});

test('an object that nobody manages was written when it was created', () => {
  expect(writtenAt({ metadata: { name: 'n', creationTimestamp: '2026-03-01T00:00:00Z' } })).toBe(
    parseInstant('2026-03-01T00:00:00Z'),
  );
  expect(writtenAt({ metadata: { name: 'n' } })).toBeUndefined();
});

test.each([
  ['networking.k8s.io', 'networkpolicies', ['networking.k8s.io/v1']],
  ['discovery.k8s.io', 'endpointslices', ['discovery.k8s.io/v1', 'discovery.k8s.io/v1beta1']],
  ['projectcalico.org', 'tiers', ['projectcalico.org/v3', 'crd.projectcalico.org/v1']],
  [
    'policy.networking.k8s.io',
    'adminnetworkpolicies',
    [
      'policy.networking.k8s.io/v1',
      'policy.networking.k8s.io/v1beta1',
      'policy.networking.k8s.io/v1alpha2',
      'policy.networking.k8s.io/v1alpha1',
    ],
  ],
])('%s %s is looked for where it is most stable', (group, resource, expected) => {
  expect(waysToServe(kindOf({ group, resource })!).map((way) => `${way.group}/${way.version}`)).toEqual(
    expected,
  );
});

async function server(served: Readonly<Record<string, readonly string[]>>) {
  const fake = await FakeApiServer.start();
  fake.fault = ({ url = '' }) => {
    if (!/^\/(api\/v1|apis\/[^/]+\/[^/]+)$/.test(url)) return undefined;
    const names = served[url];
    if (names === undefined) return { code: 404 };
    if (names.includes('away')) return { code: 503 };
    return {
      code: 200,
      body: { resources: names.map((name) => ({ name, namespaced: true, verbs: ['get', 'list', 'watch'] })) },
    };
  };
  const client = fake.client();
  onTestFinished(async () => {
    client.close();
    await fake.stop();
  });
  return { fake, client };
}

const ways = async (served: Readonly<Record<string, readonly string[]>>) =>
  (await watchableKinds((await server(served)).client)).map(
    ({ resource }) => `${resource.group}/${resource.version}/${resource.resource}`,
  );

test('each kind is watched once, where it is served', async () => {
  expect(
    await ways({
      '/api/v1': ['pods', 'pods/status', 'secrets'],
      '/apis/crd.projectcalico.org/v1': ['tiers', 'networkpolicies'],
      '/apis/projectcalico.org/v3': ['networkpolicies'],
      '/apis/policy.networking.k8s.io/v1alpha1': ['adminnetworkpolicies'],
    }),
  ).toEqual([
    '/v1/pods',
    'projectcalico.org/v3/networkpolicies',
    'policy.networking.k8s.io/v1alpha1/adminnetworkpolicies',
    'crd.projectcalico.org/v1/tiers',
  ]);
});

test('a group whose server is away is no group that is not there', async () => {
  const { client } = await server({ '/api/v1': ['pods'], '/apis/projectcalico.org/v3': ['away'] });
  await expect(watchableKinds(client)).rejects.toMatchObject({ code: 503 });
});

test('Calico’s storage form becomes the policies that users know', async () => {
  const { fake, client } = await server({ '/apis/crd.projectcalico.org/v1': ['globalnetworkpolicies'] });
  const path = '/apis/crd.projectcalico.org/v1/globalnetworkpolicies';
  fake.put(path, 'default.allow-1', { spec: { selector: 'all()' } });
  const [kind] = await watchableKinds(client);
  const stop = new AbortController();
  const history = memoryHistory();
  for await (const { changes, position } of changesFromWatch(client, kind!, { signal: stop.signal })) {
    history.add(changes);
    if (position) stop.abort();
  }
  expect(history.versions()).toMatchObject([
    {
      group: 'projectcalico.org',
      resource: 'globalnetworkpolicies',
      name: 'allow-1',
      content: { apiVersion: 'projectcalico.org/v3', spec: { selector: 'all()' } },
    },
  ]);
});
