import { setTimeout as sleep } from 'node:timers/promises';
import { reportWindowOf, reportWindows } from '@margay/contracts';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { openEmbeddedBus } from '@margay/messaging';
import { silentLog, type Log } from '@margay/runtime';
import { cellOver, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { Followed } from './followed.ts';
import { scheduleCluster, type ClusterScheduleOptions } from './schedule-cluster.ts';

const REPORTS = '/apis/projectcalico.org/v3/globalreports';
const REPORT = { apiVersion: 'projectcalico.org/v3', kind: 'GlobalReport' };
const hourly = { ...REPORT, spec: { reportType: 'inventory', schedule: '0 * * * *' } };
const typeless = { ...REPORT, spec: { reportType: 'nothing', schedule: '0 * * * *' } };

/** A scheduler over a stand-in API server, that looks fifty times a second; what it warned of. */
async function scheduler(fake: FakeApiServer, more: Partial<ClusterScheduleOptions> = {}) {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message), with: () => log };
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const client = fake.client();
  const stop = new AbortController();
  const running = scheduleCluster({
    cluster: 'c',
    startDelay: 0,
    client,
    bus,
    windows: stores.windows,
    history: stores.history,
    now: () => Date.now() * 1_000,
    signal: stop.signal,
    log,
    lookMilliseconds: 20,
    ...more,
  });
  onTestFinished(async () => {
    stop.abort();
    await running;
    client.close();
    await bus.close();
    await stores.close();
    await fake.stop();
  });
  return Object.assign(warnings, { bus, stores });
}

const statusOf = async (fake: FakeApiServer, name: string) => {
  const client = fake.client();
  const found = await client.request<{ status?: object }>('GET', `${REPORTS}/${name}`);
  client.close();
  return found.status;
};

test.each([
  ['that keeps statuses', (status: unknown) => status, 0],
  [
    'whose definition drops what is not in the documented status',
    (status: unknown) => {
      const { activeReportJobs, lastFailedReportJobs, lastSuccessfulReportJobs } = status as Record<
        string,
        unknown
      >;
      return { activeReportJobs, lastFailedReportJobs, lastSuccessfulReportJobs };
    },
    1,
  ],
  ['whose definition has no status', () => undefined, 1],
])('a scheduler with nothing to do asks nothing of an API server %s', async (_, prune, cut) => {
  const fake = await FakeApiServer.start();
  fake.prune = prune;
  fake.put(REPORTS, 'hourly', hourly);
  fake.put(REPORTS, 'typeless', typeless);
  const warnings = await scheduler(fake);
  const writes = () => fake.requests.filter((request) => request.startsWith('PUT')).length;
  await expect.poll(writes, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  await sleep(1_000);
  const before = fake.requests.length;
  // A hundred looks, twenty of them at all statuses.
  await sleep(2_000);
  expect(fake.requests.slice(before)).toEqual([]);
  expect(
    fake.requests.filter((request) => request.startsWith('POST') && request.includes('events')),
  ).toHaveLength(1);
  expect(warnings.filter((warning) => warning.includes('cut by their definition'))).toHaveLength(cut);
});

test('a type that comes to be is used at once: it is watched, not asked for', async () => {
  const fake = await FakeApiServer.start();
  fake.put(REPORTS, 'typeless', typeless);
  await scheduler(fake);
  const reasons = async () => JSON.stringify(await statusOf(fake, 'typeless'));
  await expect.poll(reasons, { timeout: 10_000 }).toContain('ReportTypeMissing');
  fake.put('/apis/projectcalico.org/v3/globalreporttypes', 'nothing', {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReportType',
    spec: {
      downloadTemplates: [{ name: 'a.txt', template: 'x' }],
      uiSummaryTemplate: { name: 'u', template: '{}' },
    },
  });
  await expect.poll(reasons, { timeout: 10_000 }).not.toContain('ReportTypeMissing');
  const lists = fake.requests.filter((request) => /GET .*globalreporttypes\?.*limit/.test(request));
  expect(lists).toHaveLength(1);
});

const TYPES = '/apis/projectcalico.org/v3/globalreporttypes';
const BUILT_IN = ['inventory', 'network-access', 'policy-audit', 'protection-audit'];

const typesIn = async (fake: FakeApiServer) => {
  const client = fake.client();
  const { items } = await client.request<{ items: { metadata: { name: string } }[] }>('GET', TYPES);
  client.close();
  return items.map(({ metadata }) => metadata.name).sort();
};

test('a built-in type that somebody deletes is made again; one whose name a type of users has when that is gone', async () => {
  const fake = await FakeApiServer.start();
  fake.put(REPORTS, 'hourly', hourly);
  await scheduler(fake);
  const reasons = async () => JSON.stringify(await statusOf(fake, 'hourly'));
  const patient = { timeout: 10_000 };
  await expect.poll(reasons, patient).toContain('"Scheduled"');
  fake.delete(TYPES, 'policy-audit');
  await expect.poll(() => typesIn(fake), patient).toEqual(BUILT_IN);
  fake.put(TYPES, 'inventory', {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReportType',
    spec: { downloadTemplates: [{ name: 'mine.txt', template: 'mine' }] },
  });
  await expect.poll(reasons, patient).toContain('as a report type that is built in');
  fake.delete(TYPES, 'inventory');
  await expect.poll(reasons, patient).toContain('"Scheduled"');
});

test('built-in types that went with their definition are made again when that is back; until then readiness names them', async () => {
  const fake = await FakeApiServer.start();
  fake.put(REPORTS, 'hourly', hourly);
  const followed = new Followed(silentLog);
  await scheduler(fake, { followed });
  const patient = { timeout: 15_000 };
  await expect.poll(() => typesIn(fake), patient).toEqual(BUILT_IN);
  fake.fault = ({ method }, { pathname }) =>
    method !== 'GET' && pathname.startsWith(TYPES)
      ? { code: 405, text: 'create not allowed while custom resource definition is terminating' }
      : undefined;
  for (const name of BUILT_IN) fake.delete(TYPES, name);
  await expect
    .poll(() => followed.problem(), patient)
    .toMatchObject({ warning: expect.stringContaining(BUILT_IN.join(', ')) as string });
  fake.fault = undefined;
  await expect.poll(() => typesIn(fake), patient).toEqual(BUILT_IN);
  await expect.poll(() => followed.problem(), patient).toBeUndefined();
  const reasons = async () => JSON.stringify(await statusOf(fake, 'hourly'));
  await expect.poll(reasons, patient).toContain('"Scheduled"');
});

test('where another installation leads, a run that people ask for here, of a report that chooses its nodes, is a Job as well', async () => {
  const fake = await FakeApiServer.start();
  const spec = { reportType: 'inventory', jobNodeSelector: { pool: 'reports' } };
  fake.put(REPORTS, 'chosen', { ...REPORT, spec });
  fake.put('/apis/coordination.k8s.io/v1/namespaces/default/leases', 'globalreports.projectcalico.org', {
    spec: { holderIdentity: 'another', leaseDurationSeconds: 3_600, renewTime: new Date().toISOString() },
  });
  fake.put('/api/v1/namespaces/jobs/podtemplates', 'tigera.io.report', {
    template: { spec: { containers: [{ name: 'report' }] } },
  });
  const { bus, stores } = await scheduler(fake, { jobNamespace: 'jobs', installation: 'this one' });
  const window = reportWindowOf('c', { name: 'chosen', spec }, { start: 1, end: 2 }, true);
  await stores.windows.emit([window], 3);
  const jobs = () => fake.requests.filter((request) => /^POST .*\/jobs\/jobs/.test(request));
  await expect.poll(jobs, { timeout: 10_000 }).toHaveLength(1);
  const published = [];
  for await (const { value } of bus.peek(reportWindows.name)) published.push(reportWindows.decode(value));
  expect(published).toEqual([]);
});

const CLUSTER = { env: 'prod' };
const over = { ...REPORT, spec: { ...hourly.spec, clusters: { selector: "env == 'prod'" } } };

/** The condition of a type in a status, as `reason: message`. */
const conditionOf = async (fake: FakeApiServer, name: string, type: string) => {
  const { conditions = [] } = ((await statusOf(fake, name)) ?? {}) as {
    conditions?: { type: string; reason: string; message: string }[];
  };
  const found = conditions.find((each) => each.type === type);
  return found && `${found.reason}: ${found.message}`;
};

test('a report over many clusters is refused aloud where nobody said that there may be any, and the others go on', async () => {
  const fake = await FakeApiServer.start();
  fake.put(REPORTS, 'over', over);
  fake.put(REPORTS, 'hourly', hourly);
  const { stores } = await scheduler(fake);
  const patient = { timeout: 10_000 };
  await expect
    .poll(() => conditionOf(fake, 'over', 'Schedulable'), patient)
    .toMatch(
      /^ClustersRefused: spec.clusters is refused: this installation runs reports of its own cluster alone/,
    );
  await expect.poll(() => conditionOf(fake, 'hourly', 'Schedulable'), patient).toMatch(/^Scheduled/);
  expect((await stores.windows.reports()).map(({ name }) => name)).toEqual(['hourly']);
});

test('one whose clusters an API server drops is not run for its own alone: that is said', async () => {
  const fake = await FakeApiServer.start();
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(over) };
  fake.put(REPORTS, 'over', { ...hourly, annotations });
  const { stores } = await scheduler(fake);
  await expect
    .poll(() => conditionOf(fake, 'over', 'Schedulable'), { timeout: 10_000 })
    .toMatch(/^ClustersDropped: spec.clusters was applied, and the API server does not have it/);
  expect(await stores.windows.list({})).toEqual([]);
});

test('one that chooses clusters has one run of all, whose status counts them and names none', async () => {
  const fake = await FakeApiServer.start();
  const two = { ...over, spec: { ...over.spec, schedule: '0,30 * * * *' } };
  fake.put(REPORTS, 'over', two);
  const names = ['secret-one', 'secret-two', 'other'];
  const stores = new Map(names.map((name) => [name, openEmbedded(':memory:')]));
  onTestFinished(async () => {
    for (const each of stores.values()) await each.close();
  });
  const cell = cellOver(stores);
  const own = cell.of('other');
  let now = Date.parse('2026-03-01T12:10:00Z') * 1_000;
  const { bus } = await scheduler(fake, {
    cluster: 'other',
    windows: own.windows,
    now: () => now,
    overClusters: {
      cell,
      labels: new Map([
        ['secret-one', CLUSTER],
        ['secret-two', CLUSTER],
      ]),
    },
  });
  const patient = { timeout: 10_000 };
  await expect.poll(() => statusOf(fake, 'over'), patient).toMatchObject({ clusters: { chosen: 2 } });
  now += 3_600_000_000;
  await expect
    .poll(() => statusOf(fake, 'over'), patient)
    .toMatchObject({ clusters: { chosen: 2, reported: '0/2', notYet: 2 } });
  const clusters: string[] = [];
  for await (const { value } of bus.peek(reportWindows.name))
    clusters.push(reportWindows.decode(value).cluster);
  expect(new Set(clusters)).toEqual(new Set(['secret-one', 'secret-two']));
  for (const name of new Set(clusters))
    for (const { window } of await cell.of(name).windows.list({}))
      await cell.of(name).windows.fail(window.id, 'no memory', 7, now);
  await expect
    .poll(() => conditionOf(fake, 'over', 'ClustersReported'), patient)
    .toMatch(/^Failed: Of 2 clusters: 2 failed, from /);
  await expect
    .poll(() => conditionOf(fake, 'over', 'Ready'), patient)
    .toMatch(/^LastReportFailed: .*Of 2 clusters: 2 failed/);
  const everything = JSON.stringify(await statusOf(fake, 'over'));
  expect(everything).not.toContain('secret');
});
