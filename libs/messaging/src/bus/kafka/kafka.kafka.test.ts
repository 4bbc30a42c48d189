import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { busContract, take } from '../bus.contract.ts';
import type { Delivery, Hole, Message, Place } from '../bus.ts';
import { noticeIn } from '../notice.ts';
import { inParts } from '../parts.ts';
import { loadKafka } from './client.ts';
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

  test.each([
    ['behind what it had not read, to the end', '5', ['passed over [0, 5)'], []],
    ['behind a part of it', '4', ['passed over [0, 4)'], ['e']],
    ['to the earliest message', '0', [], ['a', 'b', 'c', 'd', 'e']],
  ])('a group that somebody sets %s', async (_, offset, holes, handled) => {
    const at = await topic();
    const bus = await openKafkaBus({ brokers, clientId: 'margay-test', partitions: 1 });
    for (const value of ['a', 'b', 'c', 'd', 'e'])
      await bus.publish(at, [{ key: 'k', value: Buffer.from(value) }]);
    await take(bus, at, 'g', 2, 2);
    const { admin } = await client();
    const { groups } = await admin.listGroups();
    const { groupId } = groups.find((one) => one.groupId.includes(at))!;
    await admin.setOffsets({ groupId, topic: at, partitions: [{ partition: 0, offset }] });
    const told: string[] = [];
    const taken: string[] = [];
    const stop = new AbortController();
    const onHole = async ({ from, to, isPassedOver }: Hole) =>
      void told.push(`${isPassedOver ? 'passed over' : 'gone'} [${from}, ${to})`);
    const done = bus.consume(
      at,
      'g',
      async (batch: readonly Delivery[]) => void taken.push(...batch.map(({ value }) => String(value))),
      { signal: stop.signal, onHole },
    );
    await expect.poll(() => [told, taken], { timeout: 20_000 }).toEqual([holes, handled]);
    stop.abort();
    await done;
    await bus.close();
  });

  test('a group that somebody sets in several partitions: of each, when its last message was published', async () => {
    const at = await topic();
    const bus = await open();
    await bus.publish(at, [{ key: 'first', value: Buffer.from('0') }]);
    await take(bus, at, 'g', 1);
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    for (const key of keys) await bus.publish(at, [{ key, value: Buffer.from(key) }]);
    const published = Date.now();
    const { admin } = await client();
    const ends = (await admin.fetchTopicOffsets(at)).map(({ partition, high }) => ({
      partition,
      offset: high,
    }));
    expect(ends.filter(({ offset }) => Number(offset) > 0).length).toBeGreaterThan(1);
    const { groups } = await admin.listGroups();
    const { groupId } = groups.find((one) => one.groupId.includes(at))!;
    await admin.setOffsets({ groupId, topic: at, partitions: ends });
    const told: Hole[] = [];
    const stop = new AbortController();
    await sleep(100);
    const onHole = async (hole: Hole) => void told.push(hole);
    const done = bus.consume(at, 'g', async () => {}, { signal: stop.signal, onHole });
    const passed = ends.filter(({ offset }) => Number(offset) > 0);
    await expect.poll(() => told.length, { timeout: 20_000 }).toBe(passed.length);
    const byPartition = told.sort((a, b) => a.partition - b.partition);
    expect(byPartition).toMatchObject(
      passed
        .sort((a, b) => a.partition - b.partition)
        .map(({ partition, offset }) => ({ partition, from: 0, to: Number(offset), isPassedOver: true })),
    );
    expect(Math.max(...told.map(({ before }) => before))).toBeLessThanOrEqual(published);
    stop.abort();
    await done;
    await bus.close();
  });

  test('many messages are sent in batches that the broker takes', async () => {
    const bus = await open();
    const at = await topic();
    const value = Buffer.alloc(200_000, 'x');
    await bus.publish(
      at,
      Array.from({ length: 20 }, () => ({ key: 'k', value })),
    );
    expect(await take(bus, at, 'g', 20)).toHaveLength(20);
    await bus.close();
  });

  /** The client, as a producer that ends in the middle of a message, or an operator, uses it. */
  async function client() {
    const { Kafka, logLevel } = (await import('kafkajs')).default;
    const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
    const [admin, producer] = [kafka.admin(), kafka.producer()];
    await Promise.all([admin.connect(), producer.connect()]);
    onTestFinished(async () => {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    });
    return { admin, producer };
  }

  const send = async (producer: Producer, at: string, parts: readonly Message[]) => {
    const messages = parts.map(({ key, value, headers }) => ({
      key,
      value: Buffer.from(value),
      headers: { ...headers },
    }));
    await producer.send({ topic: at, messages });
  };

  const big = { key: 'k', value: randomBytes(100_000) };

  test('the parts of a producer that was killed are forgotten when its message comes whole', async () => {
    const bus = await open();
    const at = await topic();
    await bus.publish(at, [{ key: 'k', value: Buffer.from('before') }]);
    const { producer } = await client();
    const bigger = { ...big, value: randomBytes(2_000_000) };
    await send(producer, at, inParts(bigger, 300_000, 'killed')!.slice(0, 3));
    await bus.publish(at, [bigger]);
    const taken = await take(bus, at, 'g', 2);
    expect(taken.map(({ value }) => value.byteLength)).toEqual([6, 2_000_000]);
    expect(bigger.value.equals(taken[1]!.value)).toBe(true);
    expect(await bus.lag(at, 'g')).toBe(0);
    await bus.close();
  });

  test('parts without an end hold the place of their group, and are given up as a notice when nothing comes for long', async () => {
    const bus = await openKafkaBus({
      brokers,
      clientId: 'margay-test',
      partitions: 1,
      partsMilliseconds: 4_000,
    });
    const at = await topic();
    await bus.publish(at, [{ key: 'k', value: Buffer.from('before') }]);
    const { producer } = await client();
    await send(producer, at, inParts(big, 20_000, 'killed')!.slice(0, 3));
    await bus.publish(at, [{ key: 'k', value: Buffer.from('behind') }]);
    const stop = new AbortController();
    const told: string[] = [];
    const consuming = bus.consume(
      at,
      'g',
      async (batch) => {
        for (const each of batch) told.push(noticeIn(each)?.message ?? String(each.value));
      },
      { signal: stop.signal },
    );
    await expect.poll(() => told.length, { timeout: 20_000 }).toBe(2);
    // It is committed behind its handler.
    await expect.poll(async () => (await bus.positions(at, 'g')).get(0), { timeout: 3_000 }).toBe(1n);
    await expect.poll(() => bus.lag(at, 'g'), { timeout: 20_000 }).toBe(0);
    stop.abort();
    await consuming;
    // What stands behind its beginning comes once more.
    expect(told).toEqual([
      'before',
      'behind',
      expect.stringContaining('no part behind the 3. of 6 came'),
      'behind',
    ]);
    await bus.close();
  }, 60_000);

  test.each([
    ['that is known', '30000', '30000'],
    ['that was lowered meanwhile', '1048588', '30000'],
  ])(
    'a topic with a small limit %s gets smaller parts, and says so',
    async (_, first, later) => {
      const at = await topic();
      const { admin } = await client();
      const set = { name: 'max.message.bytes', value: first };
      await admin.createTopics({ topics: [{ topic: at, numPartitions: 1, configEntries: [set] }] });
      const said: string[] = [];
      const log = (level: string, message: string) =>
        void (level === 'debug' || said.push(`${level}: ${message}`));
      const bus = await openKafkaBus({ brokers, clientId: 'margay-test', partitions: 1, log });
      await bus.publish(at, [{ key: 'k', value: Buffer.from('1') }]);
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: at, configEntries: [{ ...set, value: later }] }],
      });
      const many = Array.from({ length: 20 }, () => ({ key: 'k', value: randomBytes(5_000) }));
      await bus.publish(at, [...many, big, { key: 'k', value: Buffer.from('2') }]);
      const taken = await take(bus, at, 'g', 23);
      expect(taken.map(({ value }) => value.byteLength)).toEqual([1, ...many.map(() => 5_000), 100_000, 1]);
      expect(said).toContainEqual(expect.stringMatching(/^warn: A topic takes (little|less)/));
      await bus.close();
    },
    60_000,
  );

  test('what does not fit a topic in any way is told, and the others come', async () => {
    const at = await topic();
    const { admin } = await client();
    const set = { name: 'max.message.bytes', value: '9000' };
    const message = { key: 'k', value: Buffer.from('2') };
    await admin.createTopics({ topics: [{ topic: at, numPartitions: 1, configEntries: [set] }] });
    const bus = await openKafkaBus({ brokers, clientId: 'margay-test', partitions: 1 });
    const headers = { long: randomBytes(6_000).toString('hex') };
    await bus.publish(at, [big, { ...message, headers }, message]);
    const taken = await take(bus, at, 'g', 3);
    expect(taken.map((each) => noticeIn(each)?.code ?? each.value.byteLength)).toEqual([
      100_000,
      'too-large',
      1,
    ]);
    await bus.close();
  });

  test('topics are made with settings that fit, and others are told that they do not', async () => {
    const [made, given] = [await topic(), await topic()];
    const { admin } = await client();
    const configEntries = [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '60000' },
    ];
    await admin.createTopics({ topics: [{ topic: given, numPartitions: 3, configEntries }] });
    const said: string[] = [];
    const log = (level: string, message: string) =>
      void (level === 'debug' || said.push(`${level}: ${message}`));
    const bus = await openKafkaBus({ brokers, clientId: 'margay-test', partitions: 3, log });
    await Promise.all([made, given].map((at) => bus.publish(at, [{ key: 'k', value: Buffer.from('v') }])));
    // The client says what it tries again, too.
    expect(said.filter((line) => line.includes('A topic'))).toEqual([
      expect.stringMatching(/^error: A topic is compacted/),
      expect.stringMatching(/^warn: A topic keeps messages for less than 24 hours/),
    ]);
    const resources = [{ type: 2, name: made, configNames: ['max.message.bytes', 'cleanup.policy'] }];
    const [described] = (await admin.describeConfigs({ resources, includeSynonyms: false })).resources;
    expect(described!.configEntries.map(({ configValue }) => configValue).sort()).toEqual([
      '1048576',
      'delete',
    ]);
    await bus.close();
  });

  test('a topic that is deleted is made anew by whoever uses it, and is told from the one before', async () => {
    const bus = await open();
    const at = await topic();
    const message = [{ key: 'k', value: Buffer.from('v') }];
    const place = (await bus.publish(at, message))!;
    const by = Date.now();
    expect(place).toEqual({ partition: place.partition, offset: '0' });
    await sleep(5);
    await bus.publish(at, message);
    expect(await bus.holds(at, place, by)).toBe(true);
    // Nothing is there from which to tell.
    expect(await bus.holds(at, { ...place, offset: '7' }, by)).toBe(false);

    const { Kafka, logLevel } = await loadKafka();
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    await admin.deleteTopics({ topics: [at] });
    let again: Place | undefined;
    while (again === undefined) again = await bus.publish(at, message).catch(() => undefined);
    expect(again).toEqual(place);
    expect(await bus.holds(at, place, by)).toBe(false);
    expect(await bus.holds(at, again, Date.now())).toBe(true);
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
