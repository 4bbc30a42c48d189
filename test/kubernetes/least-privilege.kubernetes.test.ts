import { readFileSync } from 'node:fs';
import { kindOf } from '@margay/ground';
import {
  clusterReportTypes,
  findGlobalReport,
  changesFromWatch,
  deleteJob,
  findPodTemplate,
  followGlobalReports,
  followJobs,
  installReportTypes,
  KubernetesClient,
  neededRules,
  Permissions,
  recordEvent,
  reportJob,
  startJob,
  watchableKinds,
  writeStatus,
  type ClusterReports,
  type Part,
  type PolicyRule,
} from '@margay/kubernetes';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { apply, applyDefinitions, connectionWith, kubectl, resource } from './cluster.ts';

const NAMESPACE = 'margay-least-privilege';
const GROUP = 'projectcalico.org';

beforeAll(() => {
  applyDefinitions();
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
});

/** A client that may do what the part needs and nothing else. */
function clientOf(part: Part): KubernetesClient {
  const { cluster, jobs, events } = neededRules(part);
  const account = { kind: 'ServiceAccount', name: part, namespace: NAMESPACE };
  const rbac = (kind: string, namespace: string | undefined, rules: readonly PolicyRule[]) => {
    const metadata = { name: `margay-test-${part}`, ...(namespace !== undefined && { namespace }) };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name };
    return [
      { apiVersion, kind, metadata, rules },
      { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects: [account] },
    ];
  };
  apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: part, namespace: NAMESPACE } },
    ...rbac('ClusterRole', undefined, cluster),
    ...rbac('Role', NAMESPACE, jobs),
    ...rbac('Role', 'default', events),
  );
  const token = kubectl(['create', 'token', part, '--namespace', NAMESPACE]).trim();
  const client = new KubernetesClient(connectionWith(token));
  onTestFinished(() => client.close());
  return client;
}

test('the ingestor lists and watches every kind, and sees no secret', async () => {
  const client = clientOf('ingestor');
  const kinds = await watchableKinds(client);
  expect(kinds.length).toBeGreaterThan(6);
  for (const kind of kinds) {
    for await (const { position, interruptions } of changesFromWatch(client, kind)) {
      expect(interruptions).toEqual([]);
      if (position) break;
    }
  }
  await expect(client.request('GET', '/api/v1/secrets')).rejects.toMatchObject({
    code: 403,
    reason: 'Forbidden',
  });
});

test('the ingestor reads the leases by which it dates what it is told late, and writes none', async () => {
  const client = clientOf('ingestor');
  const leases = resource('coordination.k8s.io/v1/leases');
  const page = await client.list(leases).next();
  const { resourceVersion } = page.value as { resourceVersion: string };
  expect(await client.watch(leases, { resourceVersion, timeoutSeconds: 30 }).next()).toMatchObject({
    value: { type: 'MODIFIED' },
  });
  await expect(
    client.create(leases, { metadata: { name: 'own' } }, { namespace: 'kube-system' }),
  ).rejects.toMatchObject({ code: 403 });
});

test('of config maps the ingestor sees those by which plugins are set up, each by its name', async () => {
  const data = { 'enable-policy': 'never' };
  const metadata = { name: 'cilium-config', namespace: 'kube-system' };
  apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  onTestFinished(() => void kubectl(['delete', 'configmap', '-n', 'kube-system', 'cilium-config']));
  const client = clientOf('ingestor');
  const kind = kindOf({ group: '', resource: 'configmaps' })!;
  const only = { namespace: metadata.namespace, fieldSelector: `metadata.name=${metadata.name}` };
  const seen: unknown[] = [];
  for await (const { changes, position, interruptions } of changesFromWatch(
    client,
    { kind, resource: resource('configmaps') },
    only,
  )) {
    expect(interruptions).toEqual([]);
    seen.push(...changes.map(({ name, content }) => [name, content?.['data']]));
    if (position) break;
  }
  expect(seen).toEqual([['cilium-config', data]]);
  await expect(client.request('GET', '/api/v1/namespaces/kube-system/configmaps')).rejects.toMatchObject({
    code: 403,
    reason: 'Forbidden',
  });
});

test('the scheduler follows reports, writes their status, records events and runs Jobs', async () => {
  const client = clientOf('scheduler');
  const name = 'least-privilege';
  const spec = { reportType: 'inventory', schedule: '0 0 * * *' };
  apply({ apiVersion: `${GROUP}/v3`, kind: 'GlobalReport', metadata: { name }, spec });
  await installReportTypes(client);
  expect((await clusterReportTypes(client)).get('inventory')?.read).toEqual({ builtIn: 'inventory' });
  const { value } = (await followGlobalReports(client).next()) as { value: ClusterReports };
  const report = value.reports.get(name)!;
  await writeStatus(client, GROUP, report, () => ({ observedGeneration: 1 }));
  const about = { apiVersion: report.apiVersion, kind: 'GlobalReport', name, uid: report.uid };
  const note = { about, type: 'Normal', reason: 'Tried', message: 'm', component: 'test' } as const;
  for (let i = 0; i < 2; i++) await recordEvent(client, note, Date.now() * 1000);

  expect(await findPodTemplate(client, NAMESPACE)).toBeUndefined();
  const job = reportJob({
    template: { spec: { containers: [{ name: 'reporter', image: 'margay' }] } },
    namespace: NAMESPACE,
    report,
    window: { id: 'w', start: 0, end: 1_000_000 },
  });
  const { job: started } = await startJob(client, job);
  for await (const news of followJobs(client, NAMESPACE)) {
    expect(news).toMatchObject([{ what: 'state', state: { reportName: name } }]);
    break;
  }
  const state = await startJob(client, job);
  expect(state.job.uid).toBe(started.uid);
  await deleteJob(client, state);
  await expect(
    startJob(client, { ...job, metadata: { ...job.metadata, namespace: 'default' } }),
  ).rejects.toMatchObject({
    code: 403,
  });
  kubectl(['delete', 'gr', name]);
});

test('the API asks who somebody is and what they may do', async () => {
  const permissions = new Permissions(clientOf('api'));
  const paul = await permissions.who('paul-token');
  expect(await permissions.may(paul, 'list', { name: 'daily', type: 'inventory' })).toEqual(
    expect.any(Boolean),
  );
});

test('the worker finds the report that it is asked for, and its type where that is one of users', async () => {
  const client = clientOf('worker');
  const example = readFileSync(new URL('../../examples/report-type.yaml', import.meta.url), 'utf8');
  kubectl(['apply', '-f', '-'], { input: example.replaceAll('exposure', 'one-exposure') });
  const spec = { reportType: 'inventory' };
  apply({ apiVersion: `${GROUP}/v3`, kind: 'GlobalReport', metadata: { name: 'one-inventory' }, spec });
  apply({
    apiVersion: `${GROUP}/v3`,
    kind: 'GlobalReport',
    metadata: { name: 'one-lost' },
    spec: { reportType: 'no-such-type' },
  });
  expect(await findGlobalReport(client, 'one-inventory')).toEqual({ name: 'one-inventory', spec });
  expect((await findGlobalReport(client, 'daily-one-exposure')).typeSpec?.downloadTemplates).toHaveLength(2);
  await expect(findGlobalReport(client, 'one-lost')).rejects.toThrow(
    'There is no GlobalReportType no-such-type',
  );
  await expect(findGlobalReport(client, 'one-none')).rejects.toThrow('There is no GlobalReport one-none');
  kubectl(['delete', 'globalreport.p', 'one-inventory', 'one-lost', 'daily-one-exposure']);
  kubectl(['delete', 'globalreporttype.p', 'one-exposure']);
});

test('a pod that asks for a report by hand may have it run, and may export none', async () => {
  clientOf('asker');
  const permissions = new Permissions(clientOf('api'));
  const pod = await permissions.who(kubectl(['create', 'token', 'asker', '--namespace', NAMESPACE]).trim());
  const may = (action: 'list' | 'run' | 'export') =>
    permissions.may(pod, action, { name: 'daily', type: 'inventory' });
  expect([await may('list'), await may('run'), await may('export')]).toEqual([true, true, false]);
});
