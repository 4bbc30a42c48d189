import { globalReports, installReportTypes, type GlobalReportObject } from '@margay/kubernetes';
import { openEmbeddedBus } from '@margay/messaging';
import { makeReport } from '@margay/report-worker';
import { silentLog } from '@margay/runtime';
import { scheduleCluster } from '@margay/scheduler';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { recordedStores } from '../testing/recorded-stores.ts';
import { computeFrom, startServicesOver } from '../testing/services-over.ts';
import { admin, applyDefinitions, kubectl } from './cluster.ts';

const client = admin();
const HOUR = 3_600_000_000;
const NAMESPACE = 'report-jobs';

beforeAll(async () => {
  applyDefinitions();
  await installReportTypes(client);
  kubectl(['create', 'namespace', NAMESPACE]);
  kubectl(['apply', '-n', NAMESPACE, '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'tigera.io.report' },
      template: {
        spec: { restartPolicy: 'Never', containers: [{ name: 'report-worker', image: 'margay' }] },
      },
    }),
  });
});
afterAll(() => client.close());

interface JobObject {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly nodeSelector: Record<string, string>;
        readonly containers: { readonly env: { readonly name: string; readonly value: string }[] }[];
      };
    };
  };
}
const jobs = () =>
  (JSON.parse(kubectl(['get', 'jobs', '-n', NAMESPACE, '-o', 'json'])) as { items: JobObject[] }).items;
const statusOf = async (name: string) =>
  (await client.get<GlobalReportObject>(globalReports(), { name })).status;

test('a report that chooses its nodes runs as a Job, is made by its pod, and the status names it; a manual pod does not count', async () => {
  const bus = openEmbeddedBus(':memory:');
  const stores = await recordedStores();
  const stop = new AbortController();
  let ahead = 0;
  const now = () => Date.now() * 1_000 + ahead;
  const { windows } = stores;
  const running = [
    scheduleCluster({
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
      jobNamespace: NAMESPACE,
    }),
  ];
  const stopServices = await startServicesOver(bus, stores, 'c');
  onTestFinished(async () => {
    stop.abort();
    await Promise.all(running);
    await stopServices();
  });
  kubectl(['apply', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalReport',
      metadata: { name: 'on-chosen-nodes' },
      spec: {
        reportType: 'inventory',
        schedule: '0 * * * *',
        jobNodeSelector: { 'kubernetes.io/os': 'linux' },
      },
    }),
  });
  const patient = { timeout: 30_000, interval: 200 };
  await expect.poll(async () => (await statusOf('on-chosen-nodes'))?.nextReportTime, patient).toBeDefined();
  ahead = HOUR;
  await expect.poll(jobs, patient).toHaveLength(1);
  const [job] = jobs();
  const { nodeSelector, containers } = job!.spec.template.spec;
  expect(nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });

  // What the Job's pod does, with the environment that it has.
  const environment = Object.fromEntries(containers[0]!.env.map(({ name, value }) => [name, value]));
  expect(environment['TIGERA_COMPLIANCE_REPORT_NAME']).toBe('on-chosen-nodes');
  const make = (variables: Record<string, string>) =>
    makeReport({
      environment: variables,
      client,
      group: 'projectcalico.org',
      cluster: 'c',
      bus,
      stores,
      signal: stop.signal,
      now,
      compute: computeFrom(stores),
      evidenceMilliseconds: 0,
      log: silentLog,
    });
  expect((await make(environment)).result).toBe('completed');
  await expect
    .poll(async () => (await statusOf('on-chosen-nodes'))?.lastSuccessfulReportJobs?.[0]?.job, patient)
    .toMatchObject({ kind: 'Job', name: job!.metadata.name, namespace: NAMESPACE });

  // A window of a person's choice: archived, and not in the status.
  const manual = {
    TIGERA_COMPLIANCE_REPORT_NAME: 'on-chosen-nodes',
    TIGERA_COMPLIANCE_REPORT_START_TIME: '2026-11-24T00:18:00Z',
    TIGERA_COMPLIANCE_REPORT_END_TIME: '2026-11-24T00:21:00Z',
  };
  expect((await make(manual)).result).toBe('completed');
  const { headers } = await stores.archive.headers();
  expect(headers.map(({ start }) => start)).toContain(Date.parse('2026-11-24T00:18:00Z') * 1_000);
  expect((await statusOf('on-chosen-nodes'))?.lastSuccessfulReportJobs).toHaveLength(1);
  expect(jobs()).toHaveLength(1);

  await expect(make({ ...manual, TIGERA_COMPLIANCE_REPORT_NAME: 'none' })).rejects.toThrow(
    'There is no GlobalReport none',
  );
  await expect(make({ ...manual, TIGERA_COMPLIANCE_REPORT_END_TIME: 'soon' })).rejects.toThrow(
    'TIGERA_COMPLIANCE_REPORT_END_TIME',
  );
});
