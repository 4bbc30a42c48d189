import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareResourceVersions } from '@margay/ground';
import { KubernetesClient, readKubeconfig } from '@margay/kubernetes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WatchedInstallation } from '../testing/watched-installation.ts';
import { resource, until } from './cluster.ts';
import { OwnCluster } from './lost/own-cluster.ts';

/** A real cluster whose etcd is put back to a copy of it, while one ingestor goes on watching and another one is stopped. */
const folder = mkdtempSync(join(tmpdir(), 'margay-restored-'));
const NAMESPACE = 'shop';
const inNamespace = { namespace: NAMESPACE };
const PODS = resource('pods');
const POLICIES = resource('networking.k8s.io/v1/networkpolicies');
const CONFIG = resource('configmaps');
let cluster: OwnCluster;

beforeAll(async () => {
  cluster = await OwnCluster.start(folder);
}, 300_000);
afterAll(() => {
  for (const client of cluster?.clients ?? []) client.close();
  rmSync(folder, { recursive: true });
});

const pod = (app: string) => ({
  metadata: { name: app, labels: { app } },
  spec: {
    nodeName: 'restored-node',
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: 'registry.example/main:1' }],
  },
});
const deny = (app: string) => ({
  metadata: { name: `deny-${app}` },
  spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'] },
});

const client = () => cluster.clients[0]!;
const another = () =>
  new KubernetesClient(
    readKubeconfig(readFileSync(cluster.kubeconfig, 'utf8'), cluster.kubeconfig, 'server-0'),
  );

async function begin(): Promise<void> {
  await client().create(resource('nodes', false), {
    metadata: { name: 'restored-node', annotations: { 'kwok.x-k8s.io/node': 'fake' } },
    status: { capacity: { pods: '110', cpu: '32', memory: '256Gi' } },
  });
  await client().create(resource('namespaces', false), { metadata: { name: NAMESPACE } });
  await until(
    () => client().find(resource('serviceaccounts'), { ...inNamespace, name: 'default' }),
    (found) => found !== undefined,
  );
  for (const app of ['comes-back', 'stays']) await client().create(PODS, pod(app), inNamespace);
  await client().create(POLICIES, deny('comes-back'), inNamespace);
}

async function newest(): Promise<string> {
  for await (const { resourceVersion } of client().list(CONFIG, { ...inNamespace, pageSize: 1 }))
    return resourceVersion;
  throw new Error('a list has a page at least');
}

test('what a restored store lost ends, what came back is there, and nothing is known of the time between', async () => {
  await begin();
  const [through, stopped] = [await WatchedInstallation.start(), await WatchedInstallation.start()];
  for (const installation of [through, stopped]) installation.follow(another());
  for (const installation of [through, stopped]) await installation.proven();
  const snapshot = await cluster.takeSnapshot();
  await client().delete(PODS, { ...inNamespace, name: 'comes-back' });
  await client().create(PODS, pod('goes'), inNamespace);
  await client().create(POLICIES, deny('stays'), inNamespace);
  const lost = await newest();
  await sleep(2_000);
  const before = Math.min(await through.proven(), await stopped.proven()) - 1;
  await stopped.end();
  const then = Date.now() * 1_000;
  await cluster.restore(snapshot);
  expect(compareResourceVersions(await newest(), lost)).toBeLessThan(0);

  const expected = { isComplete: true, pods: ['comes-back protected', 'stays open'] };
  const was = { isComplete: true, pods: ['goes open', 'stays protected'] };
  const after = (await through.proven()) - 1;
  expect(await through.said(before, NAMESPACE)).toEqual(was);
  expect(await through.said(then, NAMESPACE)).toMatchObject({ isComplete: false });
  expect(await through.said(after, NAMESPACE)).toEqual(expected);

  // Its position is behind the counter of the restored store by the time at which it goes on.
  for (let i = 0; compareResourceVersions(await newest(), lost) <= 0; i++)
    await client().create(CONFIG, { metadata: { name: `more-${i}` } }, inNamespace);
  stopped.follow(another());
  const later = (await stopped.proven()) - 1;
  expect(await stopped.said(before, NAMESPACE)).toEqual(was);
  expect(await stopped.said(then, NAMESPACE)).toMatchObject({ isComplete: false });
  expect(await stopped.said(later, NAMESPACE)).toEqual(expected);
}, 600_000);
