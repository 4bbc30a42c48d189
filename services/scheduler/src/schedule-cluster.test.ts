import { setTimeout as sleep } from 'node:timers/promises';
import { reportWindowOf, reportWindows } from '@margay/contracts';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { openEmbeddedBus } from '@margay/messaging';
import { silentLog, type Log } from '@margay/runtime';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
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

test('a built-in type that somebody deletes stays away; one whose name a type of users had comes back when that is gone', async () => {
  const TYPES = '/apis/projectcalico.org/v3/globalreporttypes';
  const fake = await FakeApiServer.start();
  fake.put(REPORTS, 'hourly', hourly);
  await scheduler(fake);
  const reasons = async () => JSON.stringify(await statusOf(fake, 'hourly'));
  const patient = { timeout: 10_000 };
  await expect.poll(reasons, patient).toContain('"Scheduled"');
  fake.delete(TYPES, 'inventory');
  await expect.poll(reasons, patient).toContain('ReportTypeMissing');
  fake.put(TYPES, 'inventory', {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReportType',
    spec: { downloadTemplates: [{ name: 'mine.txt', template: 'mine' }] },
  });
  await expect.poll(reasons, patient).toContain('as a report type that is built in');
  fake.delete(TYPES, 'inventory');
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
