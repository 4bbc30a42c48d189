import { parseInstant } from '@margay/ground';
import {
  clusterReport,
  deleteJob,
  followGlobalReports,
  followJobs,
  globalReports,
  globalReportStatus,
  jobsToDelete,
  recordEvent,
  reportJob,
  startJob,
  writeStatus,
  type ClusterReports,
  type GlobalReportObject,
  type JobState,
  type ReportRun,
  clusterReportTypes,
  withType,
} from '@margay/kubernetes';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { admin, applyDefinitions, kubectl, resource, until } from './cluster.ts';

const GROUP = 'projectcalico.org';
const client = admin();
const NOW = parseInstant('2026-03-02T00:00:00Z')!;
const HOUR = 3_600_000_000;

beforeAll(applyDefinitions);
beforeEach(() => void kubectl(['delete', 'globalreport.p', 'hourly', '--ignore-not-found']));
afterAll(() => client.close());

const manifest = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalReport',
  metadata: { name: 'hourly' },
  spec: { reportType: 'inventory', schedule: '0 * * * *', jobNodeSelector: { nodetype: 'infrastructure' } },
};

const apply = (spec: object = {}): Promise<GlobalReportObject> => {
  kubectl(['apply', '-f', '-'], {
    input: JSON.stringify({ ...manifest, spec: { ...manifest.spec, ...spec } }),
  });
  return client.get<GlobalReportObject>(globalReports(), { name: 'hourly' });
};

const run = (hour: number, state: ReportRun['state']): ReportRun => ({
  start: NOW + (hour - 1) * HOUR,
  end: NOW + hour * HOUR,
  state,
  ...((state === 'failed' || state === 'succeeded') && { completedAt: NOW + hour * HOUR, reason: 'no disk' }),
});

test('kubectl shows the documented status', async () => {
  const { metadata } = await apply();
  const runs = [
    run(1, 'failed'),
    run(2, 'succeeded'),
    run(3, 'succeeded'),
    run(4, 'succeeded'),
    run(5, 'running'),
  ];
  await writeStatus(client, GROUP, { name: 'hourly', uid: metadata.uid! }, (report) =>
    globalReportStatus({
      generation: report.metadata.generation ?? 0,
      runs,
      nextEnd: NOW + 6 * HOUR,
      now: NOW,
      ...(report.status && { before: report.status }),
    }),
  );
  const { status } = JSON.parse(
    kubectl(['get', 'globalreports.projectcalico.org', 'hourly', '-o', 'json']),
  ) as {
    status: Record<string, unknown>;
  };
  expect(status).toMatchObject({
    lastScheduledReportJob: { start: '2026-03-02T04:00:00Z', end: '2026-03-02T05:00:00Z', job: {} },
    activeReportJobs: [{ end: '2026-03-02T05:00:00Z' }],
    lastFailedReportJobs: [{ end: '2026-03-02T01:00:00Z', jobCompletionTime: '2026-03-02T01:00:00Z' }],
    lastSuccessfulReportJobs: [{ end: '2026-03-02T04:00:00Z' }, { end: '2026-03-02T03:00:00Z' }],
    observedGeneration: 1,
  });
  const row = kubectl(['get', 'gr', 'hourly', '--no-headers']);
  expect(row).toMatch(
    /inventory +0 \* \* \* \* +True +Scheduled +2026-03-02T05:00:00Z +2026-03-02T06:00:00Z +Succeeded /,
  );
  // Applying the manifest again leaves the status and the generation alone.
  expect((await apply()).status).toMatchObject({ observedGeneration: 1 });
  for (const condition of ['Schedulable', 'Ready'])
    kubectl(['wait', `--for=condition=${condition}`, '--timeout=5s', 'gr/hourly']);
});

test('schedulers that write at once lose nothing', async () => {
  const { metadata } = await apply();
  await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map((type) =>
      writeStatus(client, GROUP, { name: 'hourly', uid: metadata.uid! }, ({ status }) => ({
        ...status,
        conditions: [
          ...(status?.conditions ?? []),
          { type, status: 'True', reason: 'Tried', message: 'm', lastTransitionTime: '2026-03-02T00:00:00Z' },
        ],
      })),
    ),
  );
  const { status } = await client.get<GlobalReportObject>(globalReports(), { name: 'hourly' });
  expect(status?.conditions?.map(({ type }) => type).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a report that cannot be scheduled says why in a condition and in one event', async () => {
  const object = await apply({ reportType: 'my-own-type' });
  const known = clusterReport(object);
  const { uid, apiVersion } = known;
  const read = withType(known, await clusterReportTypes(client));
  const problem = 'problem' in read ? read.problem : undefined;
  await writeStatus(client, GROUP, { name: 'hourly', uid }, () =>
    globalReportStatus({ generation: 1, runs: [], now: NOW, ...(problem && { problem }) }),
  );
  const note = {
    about: { apiVersion, kind: 'GlobalReport', name: 'hourly', uid },
    type: 'Warning',
    reason: problem?.reason ?? '',
    message: problem?.message ?? '',
    component: 'margay-scheduler',
  } as const;
  for (let i = 0; i < 3; i++) await recordEvent(client, note, Date.now() * 1000);
  const described = kubectl(['describe', 'gr', 'hourly']);
  expect(described).toMatch(/Reason: +ReportTypeMissing/);
  expect(described).toMatch(
    /Warning +ReportTypeMissing .*x3 over .*margay-scheduler +There is no GlobalReportType my-own-type/,
  );
});

test('reports are followed as kubectl changes them', async () => {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const followed = followGlobalReports(client, { signal: stop.signal });
  const next = async () => ((await followed.next()).value as ClusterReports).reports.get('hourly');
  expect(await next()).toBeUndefined();
  const { metadata } = await apply();
  expect(await next()).toMatchObject({
    uid: metadata.uid,
    generation: 1,
    report: { name: 'hourly' },
    problem: undefined,
  });
  await apply({ schedule: '0 24 * * *' });
  expect(await next()).toMatchObject({
    generation: 2,
    report: undefined,
    problem: { reason: 'InvalidSchedule' },
  });
  kubectl(['delete', 'gr', 'hourly']);
  expect(await next()).toBeUndefined();
});

test('a Job runs on the nodes that its report chooses, and goes with it', async () => {
  const namespace = `jobs-${Date.now().toString(36)}`;
  await client.create(resource('namespaces', false), { metadata: { name: namespace } });
  const node = `infra-${namespace}`;
  await client.create(resource('nodes', false), {
    metadata: {
      name: node,
      labels: { nodetype: node },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    status: { capacity: { pods: '110', cpu: '32', memory: '256Gi' } },
  });
  await until(
    () => client.find(resource('serviceaccounts'), { namespace, name: 'default' }),
    (found) => found !== undefined,
  );
  const { metadata, spec } = await apply({ jobNodeSelector: { nodetype: node } });
  const { jobNodeSelector } = spec as typeof manifest.spec;
  const job = reportJob({
    template: { spec: { containers: [{ name: 'reporter', image: 'margay' }] } },
    namespace,
    report: { apiVersion: manifest.apiVersion, name: 'hourly', uid: metadata.uid! },
    window: { id: 'w1', start: NOW, end: NOW + HOUR },
    jobNodeSelector,
  });
  const started = await startJob(client, job);
  expect(started).toMatchObject({
    reportName: 'hourly',
    windowId: 'w1',
    start: NOW,
    end: NOW + HOUR,
    state: 'waiting',
  });
  expect((await startJob(client, job)).job.uid).toBe(started.job.uid);

  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let last: JobState | undefined;
  for await (const news of followJobs(client, namespace, { signal: stop.signal })) {
    for (const one of news) if (one.what === 'state') last = one.state;
    if (last?.state === 'succeeded') break;
  }
  expect(last?.completedAt).toBeGreaterThan(NOW);
  const [pod] = await client.listAll(resource('pods'), { namespace });
  expect(pod?.['spec']).toMatchObject({
    nodeName: node,
    nodeSelector: { nodetype: node },
    containers: [
      {
        env: expect.arrayContaining([{ name: 'TIGERA_COMPLIANCE_REPORT_NAME', value: 'hourly' }]) as unknown,
      },
    ],
  });

  expect(jobsToDelete([last!])).toEqual([]);
  kubectl(['delete', 'gr', 'hourly']);
  const left = () => client.listAll(resource('batch/v1/jobs'), { namespace });
  await until(left, (jobs) => jobs.length === 0, 30);
  await deleteJob(client, last!);
});
