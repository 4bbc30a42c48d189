import { coverageMarks } from '@margay/contracts';
import { BUS, BusModule } from '@margay/messaging/nest';
import type { Bus } from '@margay/messaging';
import { openMetrics, silentLog } from '@margay/runtime';
import { connectTransports, ProcessModule } from '@margay/runtime/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import { AuditIngestorModule } from '../../audit-ingestor.module.ts';
import { Ingestion } from '../../ingestion.ts';
import type { RawText } from '../raw-text.ts';

test('a raw topic is ingested with partition and offset as origin, and again after a failure', async () => {
  const seen: unknown[] = [];
  let failures = 1;
  const ingestion = {
    async ingest(cluster: string, texts: readonly RawText[]) {
      if (failures-- > 0) throw new Error('no store');
      seen.push(...texts.map(({ text, origin }) => [cluster, text, origin.source.replace(/\d+$/, 'N')]));
    },
  };
  const topic = { name: 'raw-audit', group: 'g' };
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({
        log: silentLog,
        metrics: openMetrics({ defaults: false }),
        pauseMilliseconds: 5,
      }),
      AuditIngestorModule.over({ cluster: 'a', topic }, BusModule.embedded(':memory:')),
    ],
  })
    .overrideProvider(Ingestion)
    .useValue(ingestion)
    .compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  const bus = app.get<Bus>(BUS);
  const texts = ['{"log":"{}"}', '{"message":"{}"}'];
  await bus.publish(
    topic.name,
    texts.map((text) => ({ key: '', value: Buffer.from(text) })),
  );
  await app.startAllMicroservices();
  await expect.poll(() => bus.lag(topic.name, topic.group)).toBe(0);
  expect(failures).toBe(-1);
  expect(seen).toEqual(texts.map((text) => ['a', text, 'topic:raw-audit/N']));
});

test('a message of a raw topic that nobody can unpack stands in the coverage of its partition', async () => {
  const topic = { name: 'raw-audit', group: 'g' };
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: silentLog, metrics: openMetrics({ defaults: false }), pauseMilliseconds: 5 }),
      AuditIngestorModule.over({ cluster: 'a', topic }, BusModule.embedded(':memory:')),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  const bus = app.get<Bus>(BUS);
  await bus.publish(topic.name, [{ key: '', value: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) }]);
  await app.startAllMicroservices();
  await expect.poll(() => bus.lag(topic.name, topic.group)).toBe(0);
  const marks = [];
  for await (const { value } of bus.peek(coverageMarks.name)) marks.push(coverageMarks.decode(value));
  expect(marks).toMatchObject([
    { source: 'topic:raw-audit/0', from: 0, to: 1, timeless: { 'unusable:unreadable': 1 }, problemsTotal: 1 },
  ]);
  expect(marks[0]?.problems[0]?.message).toContain('gzip');
});
