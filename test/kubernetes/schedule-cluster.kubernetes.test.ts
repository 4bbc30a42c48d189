import { readFileSync } from 'node:fs';
import { reportWindows, type ReportWindow } from '@margay/contracts';
import {
  globalReports,
  installReportTypes,
  predefinedReportTypes,
  type GlobalReportObject,
} from '@margay/kubernetes';
import { openEmbeddedBus } from '@margay/messaging';
import { silentLog } from '@margay/runtime';
import { scheduleCluster } from '@margay/scheduler';
import { openEmbedded } from '@margay/storage';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { admin, applyDefinitions, kubectl } from './cluster.ts';

const client = admin();
const HOUR = 3_600_000_000;

beforeAll(async () => {
  applyDefinitions();
  await installReportTypes(client);
  kubectl(['delete', 'globalreport.p', '--all']);
});
afterAll(() => client.close());

const apply = (name: string, spec: object) =>
  kubectl(['apply', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalReport',
      metadata: { name },
      spec,
    }),
  });
const statusOf = async (name: string) =>
  (await client.get<GlobalReportObject>(globalReports(), { name })).status;

test('GlobalReports of the cluster are scheduled once by two schedulers, and their status says how they are', async () => {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const { windows } = stores;
  const stop = new AbortController();
  let ahead = 0;
  const now = () => Date.now() * 1_000 + ahead;
  const options = {
    client,
    bus,
    windows,
    history: stores.history,
    cluster: 'c',
    startDelay: 0,
    now,
    signal: stop.signal,
    log: silentLog,
    lookMilliseconds: 100,
  };
  const running = [scheduleCluster(options), scheduleCluster(options)];
  onTestFinished(async () => {
    stop.abort();
    await Promise.all(running);
    await bus.close();
    await stores.close();
  });

  apply('hourly', { reportType: 'inventory', schedule: '0 * * * *' });
  apply('typeless', { reportType: 'nothing', schedule: '0 * * * *', suspend: true });
  const patient = { timeout: 20_000, interval: 200 };
  await expect
    .poll(
      async () => (await statusOf('hourly'))?.conditions?.map(({ type, reason }) => `${type} ${reason}`),
      patient,
    )
    .toContain('Schedulable Scheduled');
  await expect
    .poll(async () => (await statusOf('typeless'))?.conditions?.map(({ reason }) => reason), patient)
    .toContain('ReportTypeMissing');
  await expect
    .poll(() => kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}']), patient)
    .toContain('ReportTypeMissing');

  // Three hours later three windows are due, each once, one after the other.
  ahead = 3 * HOUR;
  await expect.poll(async () => (await statusOf('hourly'))?.activeReportJobs?.length, patient).toBe(3);
  const emitted: ReportWindow[] = [];
  for await (const { value } of bus.peek(reportWindows.name)) emitted.push(reportWindows.decode(value));
  const own = new Map(emitted.map((window) => [window.id, window]));
  expect(new Set([...own.values()].map(({ reportName }) => reportName))).toEqual(new Set(['hourly']));
  const spans = [...own.values()].sort((a, b) => a.start - b.start);
  expect(spans).toHaveLength(3);
  expect(spans[1]!.start).toBe(spans[0]!.end);
  expect(spans[2]!.start).toBe(spans[1]!.end);

  await windows.complete(spans[0]!.id, now());
  await windows.fail(spans[1]!.id, 'no disk', 7, now());
  await expect
    .poll(async () => {
      const status = await statusOf('hourly');
      return [status?.activeReportJobs, status?.lastFailedReportJobs, status?.lastSuccessfulReportJobs].map(
        (jobs) => jobs?.length,
      );
    }, patient)
    .toEqual([1, 1, 1]);

  // Its type comes to be: what was in the way is gone.
  kubectl(['apply', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalReportType',
      metadata: { name: 'nothing' },
      spec: {
        downloadTemplates: [{ name: 'a.txt', template: 'x' }],
        uiSummaryTemplate: { name: 'u', template: '{}' },
      },
    }),
  });
  await expect
    .poll(async () => (await statusOf('typeless'))?.conditions?.map(({ reason }) => reason), patient)
    .toContain('Suspended');

  // Suspended: nothing new is begun.
  apply('hourly', { reportType: 'inventory', schedule: '0 * * * *', suspend: true });
  await expect
    .poll(async () => (await statusOf('hourly'))?.conditions?.map(({ reason }) => reason), patient)
    .toContain('Suspended');
  // What happened stands in Events, and no next report is named.
  const told = () => kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}']).split(' ');
  await expect
    .poll(told, patient)
    .toEqual(expect.arrayContaining(['Scheduled', 'Completed', 'Failed', 'Suspended']));
  expect(await statusOf('hourly')).not.toHaveProperty('nextReportTime');
  ahead = 6 * HOUR;
  await new Promise((later) => setTimeout(later, 1_000));
  expect((await windows.list({ reportName: 'hourly' })).length).toBe(3);
  // A type of users: the window has it as it was then. One that cannot be read keeps its reports from being scheduled.
  const example = readFileSync(new URL('../../examples/report-type.yaml', import.meta.url), 'utf8');
  kubectl(['apply', '-f', '-'], { input: example.replace('0 0 * * *', '0 * * * *') });
  kubectl(['apply', '-f', '-'], {
    input: example.replaceAll('exposure', 'broken').replace('csv -}}', 'csv }}{{ nope }}'),
  });
  await expect
    .poll(async () => (await statusOf('daily-exposure'))?.conditions?.map(({ reason }) => reason), patient)
    .toContain('Scheduled');
  await expect
    .poll(
      async () => (await statusOf('daily-broken'))?.conditions?.map(({ message }) => message).join(),
      patient,
    )
    .toContain(
      'GlobalReportType broken: spec.downloadTemplates[0].template: exposed.csv, line 1: there is no function nope',
    );
  ahead = 8 * HOUR;
  await expect
    .poll(async () => (await windows.list({ reportName: 'daily-exposure' }))[0]?.window.typeSpec, patient)
    .toMatchObject({ downloadTemplates: [{ name: 'exposed.csv' }, { name: 'page.txt' }] });
  expect(await windows.list({ reportName: 'daily-broken' })).toEqual([]);
  // A type of users with the name of one that is built in is refused, and left as it is; once it is gone, the built-in one is back.
  const taken = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReportType',
    metadata: { name: 'network-access' },
    spec: { downloadTemplates: [{ name: 'mine.txt', template: 'mine' }] },
  };
  kubectl(['replace', '-f', '-'], { input: JSON.stringify(taken) });
  apply('access', { reportType: 'network-access', schedule: '0 * * * *' });
  const condition = (kind: string, name: string) =>
    kubectl(['get', kind, name, '-o', 'jsonpath={.status.conditions[?(@.status=="False")].message}']);
  const refusal = 'is network-access, as a report type that is built in. Give your type another name';
  await expect.poll(() => condition('globalreporttype.p', 'network-access'), patient).toContain(refusal);
  await expect.poll(() => condition('globalreport.p', 'access'), patient).toContain(refusal);
  await expect
    .poll(() => kubectl(['get', 'events', '-o', 'jsonpath={.items[*].message}']), patient)
    .toContain(refusal);
  expect(kubectl(['get', 'globalreporttype.p', 'network-access', '-o', 'yaml'])).toContain('mine.txt');
  kubectl(['delete', 'globalreporttype.p', 'network-access']);
  await expect
    .poll(async () => (await statusOf('access'))?.conditions?.map(({ reason }) => reason), patient)
    .toContain('Scheduled');
  kubectl(['delete', 'globalreporttype.p', 'exposure', 'broken', 'nothing']);
  kubectl(['delete', 'globalreport.p', '--all']);
});

test('definitions that are deleted and made again while a scheduler runs have the built-in types again, and reports of these are scheduled', async () => {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const stop = new AbortController();
  const running = scheduleCluster({
    client,
    bus,
    windows: stores.windows,
    history: stores.history,
    cluster: 'c',
    startDelay: 0,
    now: () => Date.now() * 1_000,
    signal: stop.signal,
    log: silentLog,
    lookMilliseconds: 100,
  });
  onTestFinished(async () => {
    stop.abort();
    await running;
    await bus.close();
    await stores.close();
  });
  apply('before', { reportType: 'inventory', schedule: '0 * * * *' });
  const schedulable = async (name: string) =>
    (await statusOf(name))?.conditions?.find(({ type }) => type === 'Schedulable')?.reason;
  await expect.poll(() => schedulable('before'), { timeout: 30_000 }).toBe('Scheduled');
  const names = ['globalreports', 'globalreporttypes'].map((name) => `${name}.projectcalico.org`);
  kubectl(['delete', 'crd', ...names]);
  applyDefinitions();
  apply('after', { reportType: 'inventory', schedule: '0 * * * *' });
  await expect.poll(() => schedulable('after'), { timeout: 90_000 }).toBe('Scheduled');
  const types = kubectl(['get', 'globalreporttypes', '-o', 'name']).trim().split('\n');
  expect(types).toHaveLength(predefinedReportTypes().length);
  kubectl(['delete', 'globalreport.p', '--all']);
}, 180_000);
