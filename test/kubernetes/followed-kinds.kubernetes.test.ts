import { knownIn, watchCluster } from '@margay/audit-ingestor';
import { doubtsFor, evidenceFor, type CoverageMark } from '@margay/coverage';
import { memoryHistory } from '@margay/history';
import { KubernetesClient, neededRules, Proof } from '@margay/kubernetes';
import { computeReport } from '@margay/reports';
import { silentLog } from '@margay/runtime';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { ownFolder } from '../testing/margay.ts';
import { provenNow } from '../testing/proven.ts';
import { admin, apply, applyDefinitions, connectionWith, kubectl, resource } from './cluster.ts';

const NAMESPACE = 'margay-followed';
const GROUP = 'policy.networking.k8s.io';
const NAME = `baselineadminnetworkpolicies.${GROUP}`;
/** Longer than the silence of a watch in which nothing happens, and than the pauses between tries. */
const patient = { timeout: 60_000, interval: 200 };

/** The definition of a kind of policies, as far as the API server needs it. */
const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: NAME,
    annotations: {
      'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/network-policy-api/pull/30',
    },
  },
  spec: {
    group: GROUP,
    scope: 'Cluster',
    names: {
      kind: 'BaselineAdminNetworkPolicy',
      listKind: 'BaselineAdminNetworkPolicyList',
      plural: 'baselineadminnetworkpolicies',
      singular: 'baselineadminnetworkpolicy',
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const DENY_ALL = {
  apiVersion: `${GROUP}/v1alpha1`,
  kind: 'BaselineAdminNetworkPolicy',
  metadata: { name: 'default' },
  spec: {
    subject: { namespaces: {} },
    egress: [{ name: 'deny', action: 'Deny', to: [{ networks: ['0.0.0.0/0', '::/0'] }] }],
  },
};
/** That is there: pods of nodes that are not are deleted within a minute. Nobody plays it, so they do nothing. */
const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: NAMESPACE } };
const PODS = Array.from({ length: 50 }, (_, i) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `web-${i}`, namespace: NAMESPACE },
  spec: { nodeName: NODE.metadata.name, containers: [{ name: 'main', image: 'registry.example/web:1' }] },
}));
const RUNNING = { status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] } };

/** Follows the cluster as the ingestor's own account, until the test ends. */
function followed() {
  const account = { kind: 'ServiceAccount', name: 'follower', namespace: NAMESPACE };
  const rbac = 'rbac.authorization.k8s.io/v1';
  const grant = (rules: object) =>
    apply({ apiVersion: rbac, kind: 'ClusterRole', metadata: { name: NAMESPACE }, rules });
  apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account.name, namespace: NAMESPACE } },
    {
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: NAMESPACE },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAMESPACE },
      subjects: [account],
    },
  );
  grant(neededRules('ingestor').cluster);
  const token = kubectl(['create', 'token', account.name, '--namespace', NAMESPACE]).trim();
  const history = memoryHistory();
  const marks: CoverageMark[] = [];
  const proof = new Proof();
  const directory = ownFolder();
  let stop = new AbortController();
  let running = Promise.resolve();
  const start = () => {
    stop = new AbortController();
    const client = new KubernetesClient(connectionWith(token));
    running = watchCluster({
      client,
      openKnown: knownIn(directory),
      watcher: 'here',
      log: silentLog,
      proof,
      signal: stop.signal,
      deliver: async ({ changes, mark }) => {
        history.add(changes);
        // As stores keep them: of one from the same place the one that says more.
        const known = marks.findIndex(({ source, from }) => source === mark.source && from === mark.from);
        marks.splice(known === -1 ? marks.length : known, 1, mark);
      },
    }).finally(() => client.close());
  };
  const end = async () => {
    stop.abort();
    await running;
  };
  onTestFinished(end);
  const now = () => Date.now() * 1_000;
  const open = (at: number, resource: string) =>
    doubtsFor(marks, { start: at, end: at + 1 }, { birth: 0 }).filter(
      ({ about }) => about !== 'everything' && about.resource === resource,
    );
  /** An instant up to which all watches have proven what they told, but for a kind that cannot. */
  const proven = (without?: string) =>
    provenNow(
      proof,
      (window) =>
        doubtsFor(marks, window, { birth: 0 }).every(
          ({ about }) => about !== 'everything' && about.resource === without,
        ),
      10,
    );
  const there = (resource: string) =>
    history
      .versions()
      .filter(
        (version) => version.resource === resource && !version.validTo && !version.doubt && version.name,
      )
      // Files before this one leave pods of their own.
      .filter(({ namespace }) => namespace === '' || namespace === NAMESPACE)
      .map(({ name }) => name);
  const report = (window: { start: number; end: number }) =>
    computeReport({
      name: 'r',
      spec: { reportType: 'inventory', endpoints: { namespaces: { names: [NAMESPACE] } } },
      window,
      versions: history.versions(),
      doubts: doubtsFor(marks, window, { birth: 0 }),
      evidence: evidenceFor(marks, [], window, { birth: 0 }),
    });
  return { start, end, grant, marks, history, now, open, proven, there, report };
}

beforeAll(() => {
  applyDefinitions();
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, NODE);
  // Pods are refused until the controller has made it.
  kubectl(['wait', '--for=create', 'serviceaccount/default', '--namespace', NAMESPACE, '--timeout=30s']);
  kubectl(['delete', 'crd', NAME, '--ignore-not-found']);
  return () => {
    kubectl(['delete', 'crd', NAME, '--ignore-not-found']);
    kubectl(['delete', 'apiservice', 'v1.k8s.ovn.org', '--ignore-not-found']);
    // Nobody ends them on their node.
    kubectl(['delete', 'pods', '--all', '--namespace', NAMESPACE, '--force', '--grace-period=0']);
    kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
    kubectl(['delete', 'node', NODE.metadata.name]);
  };
});

test('a kind of policies that is installed, removed and installed again is in every report as it was', async () => {
  const cluster = followed();
  cluster.start();
  apply(...PODS);
  const client = admin();
  onTestFinished(() => client.close());
  for (const { metadata } of PODS)
    await client.patch(resource('pods'), { ...metadata, subresource: 'status' }, RUNNING);
  await expect
    .poll(() => cluster.there('pods').filter((name) => name.startsWith('web-')).length, patient)
    .toBe(50);
  const before = await cluster.proven();
  for (let i = 0; i < 2; i++) {
    apply(DEFINITION);
    kubectl(['wait', '--for=condition=Established', '--timeout=30s', `crd/${NAME}`]);
    await vi.waitUntil(() => {
      try {
        return apply(DENY_ALL);
      } catch {
        return false;
      }
    }, patient);
    await expect.poll(() => cluster.there('baselineadminnetworkpolicies'), patient).toEqual(['default']);
    const start = await cluster.proven();
    await new Promise((later) => setTimeout(later, 1_000));
    const protectedReport = cluster.report({
      start,
      end: await cluster.proven(),
    });
    expect(protectedReport.endpointsSummary).toMatchObject({ numTotal: 50, numEgressProtected: 50 });
    expect(protectedReport.evidence.sources).toMatchObject({ grade: 'proven', complete: true, reasons: [] });

    kubectl(['delete', 'crd', NAME]);
    await expect.poll(() => cluster.there('baselineadminnetworkpolicies'), patient).toEqual([]);
    const removed = await cluster.proven();
    await new Promise((later) => setTimeout(later, 1_000));
    const openReport = cluster.report({
      start: removed,
      end: await cluster.proven(),
    });
    expect(openReport.endpointsSummary).toMatchObject({
      numTotal: 50,
      numEgressProtected: 0,
      numNotKnownEgressProtected: 0,
    });
    expect(openReport.evidence.sources).toMatchObject({ grade: 'proven', complete: true });
  }
  expect(cluster.report({ start: before - 1_000, end: before }).evidence.sources).toMatchObject({
    complete: true,
  });
});

test('an API service that points at nothing, at the start and later, leaves its kinds in doubt and no others', async () => {
  const cluster = followed();
  const service = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1.k8s.ovn.org' },
    spec: {
      group: 'k8s.ovn.org',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: 'default', name: 'nobody' },
    },
  };
  apply(service);
  onTestFinished(() => void kubectl(['delete', 'apiservice', 'v1.k8s.ovn.org', '--ignore-not-found']));
  cluster.start();
  await expect.poll(() => cluster.there('namespaces'), patient).toContain(NAMESPACE);
  await expect.poll(() => cluster.open(cluster.now(), 'egressfirewalls').length, patient).toBe(1);
  const at = await cluster.proven('egressfirewalls');
  expect(cluster.open(at - 1, 'pods')).toEqual([]);
  expect(cluster.report({ start: at - 1_000, end: at }).evidence.sources?.complete).toBe(false);

  // It goes away, and comes again while it is followed.
  kubectl(['delete', 'apiservice', 'v1.k8s.ovn.org']);
  const without = await cluster.proven();
  expect(cluster.open(without - 1, 'egressfirewalls')).toEqual([]);
  const said = () =>
    cluster.marks
      .filter(({ source }) => source.startsWith('watch/egressfirewalls'))
      .reduce((sum, { problemsTotal }) => sum + problemsTotal, 0);
  const before = said();
  apply(service);
  await expect.poll(said, patient).toBeGreaterThan(before);
  const later = await cluster.proven('egressfirewalls');
  expect(cluster.open(later - 1, 'pods')).toEqual([]);
  expect(cluster.open(cluster.now(), 'egressfirewalls')).toHaveLength(1);
});

test('rights that are taken away leave that kind in doubt from then on, and no others, until they are given back', async () => {
  const cluster = followed();
  cluster.start();
  await expect.poll(() => cluster.there('namespaces'), patient).toContain(NAMESPACE);
  await cluster.proven();
  await cluster.end();
  const rules = neededRules('ingestor').cluster;
  cluster.grant(
    rules.map((rule) => ({
      ...rule,
      resources: rule.resources.filter((resource) => resource !== 'services'),
    })),
  );
  const taken = cluster.now();
  cluster.start();
  await expect
    .poll(() => cluster.marks.flatMap(({ problems }) => problems).map(({ message }) => message), patient)
    .toContainEqual(expect.stringMatching(/watch\/services could not be watched: .*403 Forbidden/));
  const without = await cluster.proven('services');
  expect(cluster.open(without - 1, 'services')).toHaveLength(1);
  expect(cluster.open(without - 1, 'namespaces')).toEqual([]);
  expect(cluster.open(without - 1, 'services')[0]!.since).toBeLessThanOrEqual(taken);

  cluster.grant(rules);
  const back = await cluster.proven();
  // The API server still had what happened meanwhile.
  expect(cluster.open(without - 1, 'services')).toEqual([]);
  expect(cluster.open(back - 1, 'services')).toEqual([]);
});
