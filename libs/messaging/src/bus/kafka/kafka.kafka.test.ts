import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { busContract, take } from '../bus.contract.ts';
import type { Delivery, Hole } from '../bus.ts';
import { openKafkaBus } from './kafka.ts';

const broker = process.env['MARGAY_TEST_KAFKA'];
const brokers = broker === undefined ? [] : [broker];
const open = () => openKafkaBus({ brokers, clientId: 'margay-test', partitions: 3 });
const topic = async () => `margay-test-${randomUUID()}`;

describe.skipIf(broker === undefined)('on Kafka', () => {
  busContract('Kafka', open, topic);

  test('consumers that come and go lose nothing, and do hardly anything twice', async () => {
    const bus = await open();
    const at = await topic();
    const total = 2_000;
    const all = Array.from({ length: total }, (_, i) => ({
      key: `k${i % 50}`,
      value: Buffer.from(String(i)),
    }));
    await bus.publish(at, all);
    const seen = new Map<string, number>();
    const done = new AbortController();
    const handler = async (batch: readonly Delivery[]) => {
      await new Promise((wake) => setTimeout(wake, 40));
      for (const { value } of batch) {
        const text = Buffer.from(value).toString();
        seen.set(text, (seen.get(text) ?? 0) + 1);
      }
      if (seen.size === total) done.abort();
    };
    const consumeFor = (ms: number) =>
      bus.consume(at, 'g', handler, {
        signal: AbortSignal.any([done.signal, AbortSignal.timeout(ms)]),
        batchMax: 10,
      });
    const first = bus.consume(at, 'g', handler, { signal: done.signal, batchMax: 10 });
    await new Promise((wake) => setTimeout(wake, 500));
    await Promise.all([first, consumeFor(5_000)]);
    expect(seen.size).toBe(total);
    const twice = [...seen.values()].filter((times) => times > 1).length;
    expect(twice).toBeLessThan(total / 10);
    await bus.close();
  }, 120_000);

  test('the lag of topics that were made this instant is known', async () => {
    const bus = await open();
    const made = Array.from({ length: 20 }, () => `margay-test-${randomUUID()}`);
    expect(await Promise.all(made.map((at) => bus.lag(at, 'g')))).toEqual(made.map(() => 0));
    await bus.close();
  });

  test('a handler that takes longer than the heartbeat keeps its partition', async () => {
    const bus = await open();
    const at = await topic();
    await bus.publish(at, [{ key: 'k', value: Buffer.from('v') }]);
    let handled = 0;
    const stop = new AbortController();
    await bus.consume(
      at,
      'g',
      async () => {
        handled++;
        await new Promise((wake) => setTimeout(wake, 7_000));
        stop.abort();
      },
      { signal: stop.signal },
    );
    expect(handled).toBe(1);
    expect(await bus.lag(at, 'g')).toBe(0);
    await bus.close();
  });

  test.each([
    ['read to an offset before', true, 'hole [2, 4)'],
    ['never read', false, 'hole [0, 4)'],
  ])('messages that the broker let go of, %s, are told as a hole', async (_, wasRead, expected) => {
    const at = await topic();
    const bus = await openKafkaBus({ brokers, clientId: 'margay-test', partitions: 1 });
    for (const value of ['a', 'b', 'c', 'd', 'e'])
      await bus.publish(at, [{ key: 'k', value: Buffer.from(value) }]);
    if (wasRead) await take(bus, at, 'g', 2, 2);
    const { Kafka } = (await import('kafkajs')).default;
    const admin = new Kafka({ brokers: [...brokers], logLevel: 0 }).admin();
    await admin.connect();
    // It deletes only of topics that it has asked about.
    await admin.fetchTopicOffsets(at);
    await admin.deleteTopicRecords({ topic: at, partitions: [{ partition: 0, offset: '4' }] });
    await admin.disconnect();
    const told: string[] = [];
    const stop = new AbortController();
    const onHole = async ({ from, to, after }: Hole) =>
      void told.push(`hole [${from}, ${to})${after === undefined ? '' : ' after'}`);
    const handler = async (batch: readonly Delivery[]) => {
      told.push(...batch.map(({ value }) => String(value)));
      stop.abort();
    };
    await bus.consume(at, 'g', handler, { signal: stop.signal, onHole });
    expect(told).toEqual([`${expected}${wasRead ? ' after' : ''}`, 'e']);
    await bus.close();
  });

  test('many and big messages are sent in batches that the broker takes', async () => {
    const bus = await open();
    const at = await topic();
    const value = Buffer.alloc(200_000, 'x');
    await bus.publish(
      at,
      Array.from({ length: 20 }, () => ({ key: 'k', value })),
    );
    expect(await take(bus, at, 'g', 20)).toHaveLength(20);
    const oversized = bus.publish(at, [{ key: 'k', value: randomBytes(3_000_000) }]);
    await expect(oversized).rejects.toThrow(/max\.message\.bytes/);
    await bus.close();
  });
});

test('an unreachable broker is named, with what to do', async () => {
  const bus = await openKafkaBus({ brokers: ['127.0.0.1:1'], clientId: 'margay-test' });
  await expect(bus.publish('t', [{ key: 'k', value: Buffer.from('v') }])).rejects.toThrow(
    /127\.0\.0\.1:1.*No broker answers/,
  );
  await bus.close();
}, 60_000);
