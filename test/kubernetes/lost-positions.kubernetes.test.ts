import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { WatchedInstallation } from '../testing/watched-installation.ts';
import { admin, applyDefinitions, resource, until } from './cluster.ts';

/** A real API server, and an ingestor that loses its positions while pods and policies are deleted, as this test's own record has it. */
const NAMESPACE = `lost-${Date.now().toString(36)}`;
const NODE = { name: `${NAMESPACE}-node` };
const PODS = resource('pods');
const POLICIES = resource('networking.k8s.io/v1/networkpolicies');
const APPS = ['bared', 'ghost', 'web'];
const inNamespace = { namespace: NAMESPACE };
const client = admin();
/** What a watch tells within five seconds counts as told at once. */
const LONG_AWAY = 6_000;
const now = () => Date.now() * 1_000;

const pod = (app: string) => ({
  metadata: { name: app, labels: { app } },
  spec: {
    nodeName: NODE.name,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: 'registry.example/main:1' }],
  },
});
const deny = (app: string) => ({
  metadata: { name: `deny-${app}` },
  spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'] },
});

afterAll(async () => {
  await client.delete(resource('namespaces', false), { name: NAMESPACE }).catch(() => undefined);
  await client.delete(resource('nodes', false), NODE).catch(() => undefined);
  client.close();
});

async function begin(): Promise<void> {
  applyDefinitions();
  await client.create(resource('nodes', false), {
    metadata: { ...NODE, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
    status: { capacity: { pods: '110', cpu: '32', memory: '256Gi' } },
  });
  await client.create(resource('namespaces', false), { metadata: { name: NAMESPACE } });
  await until(
    () => client.find(resource('serviceaccounts'), { ...inNamespace, name: 'default' }),
    (found) => found !== undefined,
  );
  for (const app of APPS) {
    await client.create(PODS, pod(app), inNamespace);
    await client.create(POLICIES, deny(app), inNamespace);
  }
}

/** An object is gone when the API server has none. */
async function deleted(kind: typeof PODS, name: string): Promise<void> {
  await client.delete(kind, { ...inNamespace, name });
  await until(
    () => client.find(kind, { ...inNamespace, name }),
    (found) => found === undefined,
  );
}

test('what was deleted while positions were lost is in doubt until the new list, and gone after it', async () => {
  await begin();
  const installation = await WatchedInstallation.start();
  installation.follow(admin());
  await installation.proven();
  await sleep(1_000);
  const before = (await installation.proven()) - 1;
  await installation.end();
  installation.losePositions();
  await sleep(LONG_AWAY);
  await deleted(PODS, 'ghost');
  await deleted(POLICIES, 'deny-bared');
  const away = now();
  await sleep(1_000);
  installation.follow(admin());
  const after = (await installation.proven()) - 1;

  expect(await installation.said(before, NAMESPACE)).toEqual({
    isComplete: true,
    pods: ['bared protected', 'ghost protected', 'web protected'],
  });
  expect(await installation.said(away, NAMESPACE)).toEqual({
    isComplete: false,
    pods: ['bared not known', 'ghost not known', 'web not known'],
  });
  expect(await installation.said(after, NAMESPACE)).toEqual({
    isComplete: true,
    pods: ['bared open', 'web protected'],
  });
});
