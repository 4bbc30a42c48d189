import { dirname, join } from 'node:path';
import { accessOf, apiConfig } from '@margay/api';
import { readConfig } from '@margay/runtime';
import { openEmbedded } from '@margay/storage';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { endsWithThisProcess } from '../servers/reap.ts';
import { assemble } from '../servers/server.ts';
import { apiHere } from '../testing/api-application.ts';
import { freePort } from '../testing/free-port.ts';
import { recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { kubeconfig, kubectlOf, SAMPLES, serverContexts } from './cluster.ts';
import { kill } from './servers.ts';

/** Whoever reports of a cluster are shown to there: all of them. */
const mayAll = (subject: object) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'margay-sees-all' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [subject],
});
const user = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name });
const account = { kind: 'ServiceAccount', name: 'auditor', namespace: 'default' };

/** In both clusters somebody has the same name and the same token, and a service account is called the same: only what they may do differs. */
async function twoClusters() {
  const { printed } = await assemble('kubernetes.sh', [await freePort(1, 2), 1]);
  const beta = printed.at(-1) ?? '';
  endsWithThisProcess(`processes:${join(dirname(beta), 'pids')}`);
  kubectlOf(kubeconfig, ['apply', '-f', join(SAMPLES, 'permissions.yaml')]);
  const apply = (cluster: string, item: object) =>
    kubectlOf(cluster, ['apply', '-f', '-'], { input: JSON.stringify(item) });
  const tokens: Record<string, string> = {};
  for (const [name, cluster] of [
    ['alpha', kubeconfig],
    ['beta', beta],
  ] as const) {
    const { name: called, namespace } = account;
    apply(cluster, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: called, namespace } });
    tokens[name] = kubectlOf(cluster, ['create', 'token', account.name]).trim();
  }
  apply(kubeconfig, mayAll(account));
  apply(beta, mayAll(user('david')));
  return { beta, tokens };
}

/** The API over both, whose settings say whom to ask about which. */
async function apiOfBoth(beta: string): Promise<NestFastifyApplication> {
  const settings = readConfig(apiConfig, {
    CLUSTER_NAME: 'alpha',
    CLUSTERS: 'alpha,beta',
    API_PERMISSIONS: 'kubernetes',
    KUBECONFIG: kubeconfig,
    API_KUBECONFIGS: `beta=${beta}`,
    ELASTICSEARCH_URLS: 'http://localhost:9200',
  });
  const [alpha, other] = [await recordedStores(), openEmbedded(':memory:')];
  for (const [cluster, stores] of [
    ['alpha', alpha],
    ['beta', other],
  ] as const)
    for (const name of ['dev-inventory', 'weekly-full-inventory'])
      await report(stores, { ...windowOf(`${name}-of-${cluster}`, 'inventory', SPAN, name), cluster });
  const http = await apiHere({
    stores: alpha,
    cluster: 'alpha',
    others: new Map([['beta', other]]),
    access: await accessOf(settings, 'alpha'),
    accessIn: (cluster) => accessOf(settings, cluster),
    door: {
      proxies: { networks: ['127.0.0.1'], headers: 'x-forwarded' },
      signIn: {
        headers: { user: 'x-user', groups: 'x-groups', userPrefix: '', groupsPrefix: '' },
      },
    },
  });
  onTestFinished(() => http.close());
  return http;
}

let clusters: Awaited<ReturnType<typeof twoClusters>>;
const isHere = serverContexts().length > 0;
beforeAll(async () => {
  if (isHere) clusters = await twoClusters();
}, 120_000);

test.runIf(isHere)(
  'each API server decides about its own cluster: what somebody may in one is nothing in the other',
  async () => {
    const { beta, tokens } = clusters;
    const http = await apiOfBoth(beta);
    const get = async (path: string, headers: Record<string, string>) => {
      const answer = await http.inject({ url: `/api/v1${path}`, headers });
      return { status: answer.statusCode, items: answer.json<{ items?: Record<string, unknown>[] }>().items };
    };
    const bearer = (token = '') => ({ authorization: `Bearer ${token}` });
    const runs = async (headers: Record<string, string>, query = '') => {
      const { status, items = [] } = await get(`/runs${query}`, headers);
      return status === 200 ? items.map(({ id }) => String(id)).sort() : status;
    };
    const all = (cluster: string) =>
      ['dev-inventory', 'weekly-full-inventory'].map((name) => `${name}-of-${cluster}`);

    // A token that both know: of whom it is each says itself, and what they may.
    expect([await runs(bearer('david-token')), await runs(bearer('david-token'), '?cluster=beta')]).toEqual([
      ['dev-inventory-of-alpha'],
      all('beta'),
    ]);
    expect([
      await runs(bearer('candice-token')),
      await runs(bearer('candice-token'), '?cluster=beta'),
    ]).toEqual([all('alpha'), 403]);
    // Service accounts of one name: the token of the one is nobody's in the other.
    expect([
      await runs(bearer(tokens['alpha'])),
      await runs(bearer(tokens['alpha']), '?cluster=beta'),
      await runs(bearer(tokens['beta'])),
      await runs(bearer(tokens['beta']), '?cluster=beta'),
    ]).toEqual([all('alpha'), 401, 401, 403]);
    // Runs of the other are not there, whoever asks.
    expect((await get('/runs/dev-inventory-of-beta', bearer('candice-token'))).status).toBe(404);

    const seen = async (headers: Record<string, string>, query = '') =>
      (await get(`/clusters${query}`, headers)).items!.map(({ name, told }) => [name, told !== null]);
    // By a token one is known to the cluster that was asked alone; whom a proxy named, to both.
    expect(await seen(bearer('david-token'))).toEqual([['alpha', true]]);
    expect(await seen({ 'x-user': 'david' })).toEqual([
      ['alpha', true],
      ['beta', true],
    ]);
    expect(await seen({ 'x-user': 'candice' })).toEqual([['alpha', true]]);
    expect(await seen({ 'x-user': 'candice' }, '?cluster=beta')).toEqual([['alpha', true]]);
    expect(await seen({ 'x-user': 'nobody' })).toEqual([]);
  },
);

test.runIf(isHere)('an API server that is away takes its own cluster with it, and no other', async () => {
  const { beta } = clusters;
  const http = await apiOfBoth(beta);
  await kill(beta, 1);
  const headers = { 'x-user': 'david' };
  const { items } = (await http.inject({ url: '/api/v1/clusters', headers })).json<{
    items: { name: string; told: object | null; problem: string | null }[];
  }>();
  expect(items).toMatchObject([
    { name: 'alpha', problem: null },
    { name: 'beta', told: null, problem: 'It cannot be looked at now; the log says why' },
  ]);
  expect(items[0]!.told).not.toBeNull();
  expect((await http.inject({ url: '/api/v1/runs?cluster=beta', headers })).statusCode).toBe(503);
  expect((await http.inject({ url: '/api/v1/runs', headers })).statusCode).toBe(200);
});
