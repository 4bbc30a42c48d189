import { config } from '@margay/audit-ingestor';
import { AuditIngestorModule } from '@margay/audit-ingestor/module';
import { BusModule } from '@margay/messaging/nest';
import { readConfig, silentLog } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { SnapshotterModule } from '@margay/snapshotter/module';
import { openEmbedded } from '@margay/storage';
import { StoresModule } from '@margay/storage/nest';
import { computeWindow } from '@margay/report-worker';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from './testing/free-port.ts';
import { ownFolder } from './testing/margay.ts';
import { recordedStores, SPAN, windowOf } from './testing/recorded-stores.ts';
import { lines } from './testing/installation.ts';
import { BATCH, eventLists, postUntilTaken } from './testing/webhook.ts';

const batches = eventLists(lines.map(({ text }) => text));
const patient = { timeout: 60_000, interval: 50 };

/** An ingestor with a webhook, and what keeps what it says: one process, which can be stopped and started again. */
async function installed() {
  const folder = ownFolder();
  const port = await freePort();
  let stop = async () => {};
  onTestFinished(() => stop());
  const start = async () => {
    const stopping = new AbortController();
    const [bus, stores] = [BusModule.embedded(folder), StoresModule.embedded(folder, 'recorded')];
    const webhook = readConfig(config, {
      CLUSTER_NAME: 'recorded',
      KAFKA_BROKERS: 'unused:1',
      AUDIT_WEBHOOK_HOST: '127.0.0.1',
      AUDIT_WEBHOOK_PORT: String(port),
      AUDIT_WEBHOOK_INSECURE: 'true',
    });
    const ingestor = AuditIngestorModule.over({ cluster: 'recorded', webhook }, bus);
    const { ended } = await startApplication({
      modules: [bus, stores, ingestor, SnapshotterModule.over(bus, stores)],
      log: silentLog,
      host: '127.0.0.1',
      port: 0,
      signal: stopping.signal,
    });
    stop = async () => {
      stopping.abort();
      await ended;
      stop = async () => {};
    };
  };
  const post = (body: string) => postUntilTaken(() => port, body);
  /** What a report says of all of the time, once so many requests are kept. */
  const report = async (requests: number) => {
    const stores = openEmbedded(folder, { readOnly: true });
    const kept = async () => (await stores.coverage.marks()).length;
    await expect.poll(kept, patient).toBe(requests);
    const said = await computeWindow(stores, windowOf('w', 'inventory'));
    await stores.close();
    return said;
  };
  return { start, stop: () => stop(), post, report };
}

/** What a report says of the sources, without the name and the rhythm of one that comes in requests. */
const told = ({ evidence, endpoints }: Awaited<ReturnType<typeof computeWindow>>) => ({
  endpoints,
  complete: evidence.sources?.complete,
  gaps: evidence.sources?.gaps,
  events: evidence.sources?.events,
  lines: evidence.sources?.sources.map((source) => source.lines),
});

test('an ingestor that is stopped and started between requests leaves no gap: one stretch, as of a log that was read at once', async () => {
  const { start, stop, post, report } = await installed();
  await start();
  for (const [i, body] of batches.entries()) {
    if (i === 8 || i === 9 || i === 17) {
      await stop();
      await start();
    }
    // Sent again after an answer that was lost.
    if (i % 5 === 0) await post(body);
    await post(body);
  }
  const stores = await recordedStores();
  const whole = told(await computeWindow(stores, windowOf('w', 'inventory')));
  await stores.close();
  expect(told(await report(batches.length))).toEqual(whole);
}, 180_000);

test('what an API server gave up while nobody took it is a gap where its rhythm tells', async () => {
  const { start, stop, post, report } = await installed();
  await start();
  const lost = [9, 10, 11, 12, 13];
  for (const [i, body] of batches.entries()) {
    if (i === lost[0]) await stop();
    if (i === lost.at(-1)! + 1) await start();
    if (!lost.includes(i)) await post(body);
  }
  const { evidence } = await report(batches.length - lost.length);
  expect(evidence.sources).toMatchObject({ complete: false, grade: 'gaps' });
  const timeOf = (line: number) =>
    Date.parse((JSON.parse(lines[line]!.text) as { stageTimestamp: string }).stageTimestamp);
  const [gap] = evidence.sources!.gaps;
  expect(evidence.sources!.gaps).toHaveLength(1);
  expect(Math.abs(Date.parse(gap!.from) - timeOf(9 * BATCH))).toBeLessThan(5_000);
  expect(Math.abs(Date.parse(gap!.to) - timeOf(14 * BATCH))).toBeLessThan(5_000);
  expect(Date.parse(gap!.to)).toBeLessThan(SPAN.end / 1_000);
}, 180_000);
