import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reportWindowOf, reportWindows } from '@margay/contracts';
import { openKafkaBus, publishAll, type Bus } from '@margay/messaging';
import { BusModule } from '@margay/messaging/nest';
import { silentLog } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { requestRevision, requestRun } from '@margay/scheduler';
import { SchedulerModule } from '@margay/scheduler/module';
import { openElasticsearch } from '@margay/storage';
import { StoresModule } from '@margay/storage/nest';
import { expect, onTestFinished, test } from 'vitest';
import {
  CLUSTER,
  completions,
  expectNoDeadLetters,
  install,
  kept,
  lines,
  textOf,
} from './testing/installation.ts';
import { SPAN } from './testing/recorded-stores.ts';
import { startService } from './testing/services.ts';

const REPORT = { name: 'inventory', spec: { reportType: 'inventory' } };
/** Seconds of this test are so many of the schedulers, which look once a second of it. */
const FASTER = 120;
const HOUR_OF_SCHEDULERS = 3_600_000 / FASTER;

/** A scheduler in this process, whose clock is the only one that goes faster. */
async function startScheduler(
  environment: Awaited<ReturnType<typeof install>>['environment'],
): Promise<void> {
  const begun = Date.now();
  const stopping = new AbortController();
  const { ended } = await startApplication({
    modules: [
      SchedulerModule.over(
        { clusters: [CLUSTER], startDelay: 0 },
        BusModule.opened(() =>
          openKafkaBus({
            brokers: [environment.KAFKA_BROKERS],
            clientId: 'margay-scheduler',
            partitions: 3,
            prefix: environment.KAFKA_TOPIC_PREFIX,
          }),
        ),
        StoresModule.opened(
          () =>
            openElasticsearch({
              nodes: [environment.ELASTICSEARCH_URLS],
              prefix: environment.ELASTICSEARCH_INDEX_PREFIX,
              cluster: CLUSTER,
            }),
          CLUSTER,
        ),
      ),
    ],
    log: silentLog,
    clock: () => (begun + FASTER * (Date.now() - begun)) * 1_000,
    host: '127.0.0.1',
    port: 0,
    signal: stopping.signal,
  });
  onTestFinished(async () => {
    stopping.abort();
    await ended;
  });
}

async function handedOut(bus: Bus): Promise<number> {
  let count = 0;
  for await (const _ of bus.peek(reportWindows.name)) count++;
  return count;
}

test(
  'windows and a revision wait an hour without workers: they are not handed out again and again, and each is told of once',
  { timeout: 240_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    appendFileSync(log, textOf(lines));
    startService('audit-ingestor', environment);
    startService('snapshotter', environment);
    await kept(bus, stores);
    const now = () => Date.now() * 1_000;
    const worker = startService('report-worker', environment);
    const { id } = await requestRun(bus, stores, CLUSTER, REPORT, SPAN, now());
    await expect
      .poll(async () => (await stores.windows.get(id))?.state, { timeout: 60_000 })
      .toBe('completed');
    expect(await worker.stop()).toBe(0);

    for (const _ of [1, 2]) await startScheduler(environment);
    // As a scheduler does, and one that ended before it published.
    const windows = [1, 2, 3].map((n) =>
      reportWindowOf(CLUSTER, REPORT, { start: SPAN.start, end: SPAN.end + n }),
    );
    await stores.windows.emit(windows, now());
    await publishAll(bus, reportWindows, windows.slice(1));
    const revision = await requestRevision(bus, stores, id, now());
    await sleep(HOUR_OF_SCHEDULERS / 3);
    const early = await handedOut(bus);
    // Beside the first: two as they were emitted, and the revision once by whoever asks for it and by each scheduler.
    expect(early).toBeLessThanOrEqual(1 + 2 + 3);
    await sleep((HOUR_OF_SCHEDULERS * 2) / 3);
    expect(await handedOut(bus)).toBe(early);

    for (const _ of [1, 2]) startService('report-worker', environment);
    const all = [...windows, revision];
    await expect
      .poll(async () => (await stores.windows.list({ states: ['completed'] })).length, { timeout: 90_000 })
      .toBe(all.length + 1);
    // Minutes of the schedulers, in which what they take for lost would be handed out again.
    await sleep(5_000);
    const told = (await completions(bus)).map((one) => `${one.id} ${one.revision ?? 1}`);
    expect(told.toSorted()).toEqual(
      [`${id} 1`, ...all.map((one) => `${one.id} ${one.revision ?? 1}`)].toSorted(),
    );
    await expectNoDeadLetters(bus);
  },
);
