import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { reportsCompleted } from '@margay/contracts';
import { openKafkaBus, publishAll } from '@margay/messaging';
import { expect, onTestFinished, test } from 'vitest';

test('a program of twenty lines reads the news of finished reports', async () => {
  const brokers = process.env['MARGAY_TEST_KAFKA'] ?? '';
  const prefix = `example-${randomUUID().slice(0, 8)}-`;
  const bus = await openKafkaBus({ brokers: [brokers], clientId: 'margay-test', prefix });
  const completed = {
    cluster: 'c',
    id: 'daily-1',
    reportName: 'daily',
    reportType: 'inventory',
    start: 1,
    end: 2,
    digest: 'abc',
    summary: { endpointsSummary: { numTotal: 3 } },
    generatedAt: 3,
  };
  await publishAll(bus, reportsCompleted, [completed]);
  const program = fileURLToPath(new URL('consume-reports.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      KAFKA_BROKERS: brokers,
      TOPIC: prefix + reportsCompleted.name,
      GROUP: `${prefix}group`,
    },
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await bus.close();
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await expect
    .poll(() => out, { timeout: 60_000 })
    .toContain('{"id":"daily-1","reportType":"inventory","digest":"abc"}');
});
