import { reportWindows, type ReportWindow } from '@margay/contracts';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { openEmbeddedBus } from '@margay/messaging';
import { openMetrics, silentLog } from '@margay/runtime';
import type { Readiness, Stages } from '@margay/runtime/nest';
import { cellOver, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { Confirmations } from './confirm/confirmations.ts';
import { LogRefusals } from './log-refusals.ts';
import { makeReport } from './make-report.ts';
import { WindowsController } from './windows.controller.ts';

const HOUR = 3_600_000_000;
const END = Date.parse('2026-11-01T01:00:00Z') * 1_000;

async function opened() {
  const fake = await FakeApiServer.start();
  fake.put('/apis/projectcalico.org/v3/globalreports', 'hourly', {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReport',
    spec: { reportType: 'inventory' },
  });
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const client = fake.client();
  onTestFinished(async () => {
    client.close();
    await fake.stop();
    await bus.close();
    await stores.close();
  });
  return { bus, stores, client };
}

test('a pod of its own has the watches prove the end of its window before it computes, and no worker computes it too', async () => {
  const { bus, stores, client } = await opened();
  const published = async () => {
    const windows: ReportWindow[] = [];
    for await (const { value } of bus.peek(reportWindows.name)) windows.push(reportWindows.decode(value!));
    return windows;
  };
  let asked: ReportWindow[] = [];
  const { window, result } = await makeReport({
    environment: {
      TIGERA_COMPLIANCE_REPORT_NAME: 'hourly',
      TIGERA_COMPLIANCE_REPORT_START_TIME: '2026-11-01T00:00:00Z',
      TIGERA_COMPLIANCE_REPORT_END_TIME: '2026-11-01T01:00:00Z',
    },
    group: 'projectcalico.org',
    cluster: 'c',
    client,
    bus,
    stores,
    signal: new AbortController().signal,
    now: () => END + HOUR,
    evidenceMilliseconds: 0,
    log: silentLog,
    compute: async () => {
      asked = await published();
      return { header: {} as never, digest: 'd', parts: [], read: {} };
    },
  });
  expect(result).toBe('completed');
  expect(asked.map(({ id, end, taken }) => ({ id, end, taken }))).toEqual([
    { id: window.id, end: END, taken: true },
  ]);

  const computed: string[] = [];
  const options = { evidenceMilliseconds: 0 };
  const metrics = openMetrics({ defaults: false });
  const cell = cellOver(new Map([['c', stores]]));
  const readiness = {} as Readiness;
  const worker = new WindowsController(
    bus,
    cell,
    async ({ id }) => {
      computed.push(id);
      return { header: {} as never, digest: 'd', parts: [], read: {} };
    },
    options,
    () => END + HOUR,
    silentLog,
    metrics,
    // Nothing is logged here.
    new LogRefusals(options, readiness, metrics),
    new Confirmations(bus, options, cell, {} as Stages, readiness, silentLog, metrics),
  );
  const other: ReportWindow = { ...window, id: 'another' };
  await stores.windows.emit([other], END);
  await worker.work([{ ...window, id: 'of-a-pod', taken: true }, other], {
    signal: new AbortController().signal,
  } as never);
  expect(computed).toEqual(['another']);
});
