import { setTimeout as sleep } from 'node:timers/promises';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { expect, onTestFinished, test } from 'vitest';
import { WatchedInstallation } from './testing/watched-installation.ts';

const NAMESPACES = '/api/v1/namespaces';
const PODS = '/api/v1/namespaces/shop/pods';
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies';
const SERVES: Record<string, readonly string[]> = {
  v1: ['pods', 'namespaces'],
  'networking.k8s.io/v1': ['networkpolicies'],
  'apiextensions.k8s.io/v1': ['customresourcedefinitions'],
  'apiregistration.k8s.io/v1': ['apiservices'],
};
/** What a watch tells within it counts as told at once. */
const LONG_AWAY = 6_000;
const APPS = ['web', 'bared', 'ghost'];
const now = () => Date.now() * 1_000;

const pod = (app: string) => ({
  labels: { app },
  spec: { nodeName: 'node-0', containers: [{ name: 'main', image: 'registry.example/main:1' }] },
  status: { phase: 'Running', podIP: '10.0.0.1' },
});
const deny = (app: string) => ({ spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'] } });

/** An API server with pods that have a policy each. @param forbidden resources that may not be read. @param uids that it gave before. */
async function cluster(forbidden: ReadonlySet<string> = new Set(), uids = 0): Promise<FakeApiServer> {
  const fake = await FakeApiServer.start();
  onTestFinished(() => fake.stop());
  fake.fault = (_, { pathname }) => {
    const [, version = '', resource] =
      /^\/(?:api|apis)\/(v1|[^/]+\/[^/]+)(?:\/(?:namespaces\/[^/]+\/)?([^/]+))?/.exec(pathname) ?? [];
    const names = SERVES[version];
    if (names === undefined) return { code: 404 };
    const resources = names.map((name) => ({ name, namespaced: true, verbs: ['list', 'watch'] }));
    if (resource === undefined) return { code: 200, body: { resources } };
    if (forbidden.has(resource)) return { code: 403 };
    return names.includes(resource) ? undefined : { code: 404 };
  };
  for (let i = 0; i < uids; i++) {
    fake.put(NAMESPACES, 'former');
    fake.delete(NAMESPACES, 'former');
  }
  for (const name of ['kube-system', 'shop']) fake.put(NAMESPACES, name);
  for (const app of APPS) {
    fake.put(PODS, app, pod(app));
    fake.put(POLICIES, app, deny(app));
  }
  return fake;
}

/** All is watched, and then, with positions lost, not for a while, in which a pod and the policy of another one are deleted. */
async function lost(fake: FakeApiServer) {
  const installation = await WatchedInstallation.start();
  installation.follow(fake.client());
  await installation.proven();
  await sleep(100);
  const before = (await installation.proven()) - 1;
  await installation.end();
  installation.losePositions();
  await sleep(LONG_AWAY);
  fake.delete(PODS, 'ghost');
  fake.delete(POLICIES, 'bared');
  const away = now();
  await sleep(1_000);
  return { installation, before, away };
}

const AS_BEFORE = { isComplete: true, pods: ['bared protected', 'ghost protected', 'web protected'] };

test('what was deleted while positions were lost is not said to be there afterwards, and the time between is in doubt', async () => {
  const fake = await cluster();
  const { installation, before, away } = await lost(fake);
  installation.follow(fake.client());
  const after = (await installation.proven()) - 1;
  expect(await installation.said(before, 'shop')).toEqual(AS_BEFORE);
  expect(await installation.said(away, 'shop')).toEqual({
    isComplete: false,
    pods: ['bared not known', 'ghost not known', 'web not known'],
  });
  expect(await installation.said(after, 'shop')).toEqual({
    isComplete: true,
    pods: ['bared open', 'web protected'],
  });
}, 90_000);

test('a list that is refused concludes nothing until it can be taken', async () => {
  const forbidden = new Set<string>();
  const fake = await cluster(forbidden);
  const { installation, before } = await lost(fake);
  forbidden.add('networkpolicies');
  installation.follow(fake.client());
  await sleep(3_000);
  await installation.kept();
  const refused = now();
  expect(await installation.said(refused, 'shop')).toMatchObject({
    isComplete: false,
    pods: ['bared not known', 'web not known'],
  });
  forbidden.clear();
  const after = (await installation.proven()) - 1;
  expect(await installation.said(before, 'shop')).toEqual(AS_BEFORE);
  expect(await installation.said(after, 'shop')).toEqual({
    isComplete: true,
    pods: ['bared open', 'web protected'],
  });
}, 120_000);

test('a list of another cluster of the same name ends nothing', async () => {
  const { installation, before } = await lost(await cluster());
  // No two clusters give an object one uid.
  const another = await cluster(new Set(), 1_000);
  for (const app of APPS) another.delete(PODS, app);
  installation.follow(another.client());
  await sleep(3_000);
  await installation.kept();
  // What was kept of the other one is in doubt in steps of ten minutes, of which the time before may be a part.
  const { pods } = await installation.said(before, 'shop');
  expect(pods.map((pod) => pod.replace(/ (protected|not known)$/, ''))).toEqual(APPS.toSorted());
  expect(await installation.said(now(), 'shop')).toMatchObject({
    isComplete: false,
    pods: APPS.toSorted().map((app) => `${app} not known`),
  });
}, 120_000);
