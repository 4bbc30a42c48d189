import { setTimeout as sleep } from 'node:timers/promises';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { openEmbeddedBus } from '@margay/messaging';
import { silentLog, type Log } from '@margay/runtime';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { scheduleCluster } from './schedule-cluster.ts';

const REPORTS = '/apis/projectcalico.org/v3/globalreports';
const REPORT = { apiVersion: 'projectcalico.org/v3', kind: 'GlobalReport' };
const hourly = { ...REPORT, spec: { reportType: 'inventory', schedule: '0 * * * *' } };
const typeless = { ...REPORT, spec: { reportType: 'nothing', schedule: '0 * * * *' } };

/** A scheduler over a stand-in API server, that looks fifty times a second; what it warned of. */
async function scheduler(fake: FakeApiServer) {
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
  });
  onTestFinished(async () => {
    stop.abort();
    await running;
    client.close();
    await bus.close();
    await stores.close();
    await fake.stop();
  });
  return warnings;
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
