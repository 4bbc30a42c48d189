import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedBus } from '@margay/messaging';
import { expect, onTestFinished, test } from 'vitest';
import { auditTopic } from './audit-topic.ts';

test('a raw topic is ingested with partition and offset as origin, and again after a failure', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-audit-topic-'));
  const bus = openEmbeddedBus(folder);
  onTestFinished(async () => {
    await bus.close();
    rmSync(folder, { recursive: true });
  });
  const texts = ['{"log":"{}"}', '{"message":"{}"}'];
  await bus.publish(
    'raw-audit',
    texts.map((text) => ({ key: '', value: Buffer.from(text) })),
  );
  const options = { topic: 'raw-audit', group: 'g', cluster: 'a' };

  const broken = auditTopic(bus, () => Promise.reject(new Error('no store')), {
    ...options,
    signal: AbortSignal.timeout(30_000),
  });
  await expect(broken).rejects.toThrow('no store');

  const stop = new AbortController();
  const seen: unknown[] = [];
  await auditTopic(
    bus,
    async (cluster, ingested) => {
      seen.push(...ingested.map(({ text, origin }) => [cluster, text, origin.source.replace(/\d+$/, 'N')]));
      if (seen.length === 2) stop.abort();
    },
    { ...options, signal: stop.signal },
  );
  expect(seen).toEqual(texts.map((text) => ['a', text, 'topic:raw-audit/N']));
});
