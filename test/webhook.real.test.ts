import { setTimeout as sleep } from 'node:timers/promises';
import { evidenceLag } from '@margay/snapshotter';
import { expect, onTestFinished, test } from 'vitest';
import { chance } from './testing/chance.ts';
import { freePort } from './testing/free-port.ts';
import {
  expectNoDeadLetters,
  install,
  lines,
  reportOnAll,
  rowsOfReports,
  undisturbedRows,
} from './testing/installation.ts';
import { startService, type ServiceProcess } from './testing/services.ts';
import { eventLists, postUntilTaken } from './testing/webhook.ts';

test(
  'webhook to reports, through two ingestors that are killed, delivered twice and out of order, with two, four and one consumers',
  { timeout: 600_000 },
  async () => {
    const { environment, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const ports = [await freePort(), await freePort()];
    const webhook = (port: number) => ({
      ...environment,
      AUDIT_LOG_FILES: '',
      AUDIT_WEBHOOK_PORT: String(port),
      AUDIT_WEBHOOK_HOST: '127.0.0.1',
      AUDIT_WEBHOOK_INSECURE: 'true',
    });
    const ingestors = ports.map((port) => startService('audit-ingestor', webhook(port)));
    const snapshotters: ServiceProcess[] = [];
    const scaleTo = async (count: number) => {
      while (snapshotters.length > count) expect(await snapshotters.pop()!.stop()).toBe(0);
      while (snapshotters.length < count) snapshotters.push(startService('snapshotter', environment));
      await Promise.all(snapshotters.map((service) => service.url()));
    };
    startService('report-worker', environment);
    await scaleTo(2);
    await Promise.all(ingestors.map((service) => service.url()));

    const pick = chance(11);
    let posting = true;
    onTestFinished(() => void (posting = false));
    const killing = (async () => {
      while (posting) {
        await sleep(1_500);
        await ingestors[pick(2)]!.kill();
      }
    })();
    // Backwards, and then once more in order: late and doubled.
    const lists = eventLists(lines.map(({ text }) => text));
    const deliveries = [...lists.toReversed(), ...lists];
    for (const [i, body] of deliveries.entries()) {
      if (i === Math.floor(deliveries.length / 3)) await scaleTo(4);
      if (i === Math.floor((2 * deliveries.length) / 3)) await scaleTo(1);
      await postUntilTaken(() => ports[pick(2)]!, body);
      await sleep(150);
    }
    posting = false;
    await killing;
    await expect.poll(() => evidenceLag(bus), { timeout: 180_000, interval: 500 }).toBe(0);

    await reportOnAll(bus, stores);
    expect(await rowsOfReports(stores)).toEqual(await undisturbedRows());
    await expectNoDeadLetters(bus);
  },
);
