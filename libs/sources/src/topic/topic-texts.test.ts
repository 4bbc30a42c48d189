import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { consumeAsWritten, openEmbeddedBus } from '@margay/messaging';
import { expect, onTestFinished, test } from 'vitest';
import { topicTexts, type TopicText } from './topic-texts.ts';

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'margay-raw-'));
  const bus = openEmbeddedBus(folder);
  onTestFinished(async () => {
    await bus.close();
    rmSync(folder, { recursive: true });
  });
  const publish = (...values: (string | Uint8Array)[]) =>
    bus.publish(
      'raw',
      values.map((value) => ({ key: '', value: Buffer.from(value as string) })),
    );
  /** Consumes until `count` texts were seen, or the consumption fails. */
  const consume = async (count: number, fail = false) => {
    const seen: TopicText[] = [];
    const reasons: string[] = [];
    const stop = new AbortController();
    await consumeAsWritten(
      bus,
      'raw',
      'test',
      async (deliveries) => {
        if (fail) throw new Error('no store');
        seen.push(...(await topicTexts(deliveries)));
        if (seen.length >= count) stop.abort();
      },
      { signal: stop.signal, onDeadLetter: (_, { code }) => void reasons.push(code) },
    );
    return { seen, reasons };
  };
  return { bus, publish, consume };
}

test('messages are texts with their partition and offset, whatever they are packed in', async () => {
  const { publish, consume } = await setUp();
  await publish('{"a":1}', gzipSync('{"b":1}\n{"c":1}'), 'no JSON');
  const { seen } = await consume(3);
  expect(seen.map(({ text }) => text)).toEqual(['{"a":1}', '{"b":1}\n{"c":1}', 'no JSON']);
  expect(new Set(seen.map(({ source }) => source)).size).toBe(1);
  expect(seen[0]!.source).toMatch(/^raw\/\d+$/);
  const [first, second, third] = seen.map(({ position }) => position);
  expect([second! - first!, third! - second!]).toEqual([1, 1]);
});

test('what was not delivered comes again', async () => {
  const { publish, consume } = await setUp();
  await publish('{"a":1}');
  await expect(consume(1, true)).rejects.toThrow('no store');
  expect((await consume(1)).seen).toHaveLength(1);
});

test('what cannot be unpacked goes to the dead-letter topic, and the others go on', async () => {
  const { bus, publish, consume } = await setUp();
  await publish(Buffer.from([0x1f, 0x8b, 1, 2]), '{"a":1}');
  const { seen, reasons } = await consume(1);
  expect([seen.length, reasons]).toEqual([1, ['not-gzip']]);
  const dead = [];
  for await (const { headers } of bus.peek('raw.dlq')) dead.push(headers['dlq-code']);
  expect(dead).toEqual(['not-gzip']);
});
