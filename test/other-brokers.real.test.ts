import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openKafkaBus } from '@margay/messaging';
import { evidenceLag } from '@margay/snapshotter';
import { expect, onTestFinished, test } from 'vitest';
import { brokerToKill } from './servers/kafka.ts';
import {
  expectNoDeadLetters,
  install,
  lines,
  reportOnAll,
  rowsOfReports,
  undisturbedRows,
} from './testing/installation.ts';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';

const { MARGAY_TEST_KAFKA_SECURED: secured, MARGAY_TEST_KAFKA_CA: ca } = process.env;

test.skipIf(secured === undefined)(
  'audit events of other brokers, signed in to by TLS and SASL PLAIN, make the same reports, through an ingestor that is killed',
  { timeout: 300_000 },
  async () => {
    const own = await brokerToKill(ownFolder());
    onTestFinished(() => own.remove());
    const { environment, bus, stores } = await install(own.address);
    const topic = `insights-logs-kube-audit-${randomUUID().slice(0, 8)}`;
    const hub = await openKafkaBus({
      brokers: [secured!],
      clientId: 'cloud',
      partitions: 2,
      tls: { ca: readFileSync(ca!) },
      signIn: { mechanism: 'plain', username: 'margay', password: 'margay-secret' },
    });
    onTestFinished(() => hub.close());
    const ingestor = startService('audit-ingestor', {
      ...environment,
      AUDIT_LOG_FILES: '',
      AUDIT_TOPIC: topic,
      AUDIT_KAFKA_BROKERS: secured!,
      AUDIT_KAFKA_CA_FILE: ca!,
      AUDIT_KAFKA_SASL_MECHANISM: 'plain',
      AUDIT_KAFKA_USERNAME: 'margay',
      AUDIT_KAFKA_PASSWORD: 'margay-secret',
    });
    startService('snapshotter', environment);
    startService('report-worker', environment);

    // As a diagnostic setting of AKS writes them: the event as text within a record.
    const records = lines.map(({ text }) => ({
      category: 'kube-audit-admin',
      properties: { log: text },
    }));
    const half = Math.floor(records.length / 2);
    const published = async (some: typeof records) => {
      for (let at = 0; at < some.length; at += 50)
        await hub.publish(topic, [
          { key: String(at % 7), value: Buffer.from(JSON.stringify({ records: some.slice(at, at + 50) })) },
        ]);
    };
    await published(records.slice(0, half));
    await ingestor.url();
    await ingestor.kill();
    await published(records.slice(half));
    await expect.poll(() => hub.lag(topic, 'audit-ingestor'), { timeout: 120_000, interval: 500 }).toBe(0);
    await expect.poll(() => evidenceLag(bus), { timeout: 120_000, interval: 500 }).toBe(0);

    await reportOnAll(bus, stores);
    expect(await rowsOfReports(stores)).toEqual(await undisturbedRows());
    await expectNoDeadLetters(bus);
    const ready = await (await fetch(`${await ingestor.url()}/readyz`)).json();
    expect(ready).toMatchObject({ ready: true, checks: { 'other-kafka': { ready: true } } });
  },
);
