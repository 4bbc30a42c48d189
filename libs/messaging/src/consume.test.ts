import { setTimeout as sleep } from 'node:timers/promises';
import { reportsFailed, type ReportFailed } from '@margay/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEAD_LETTER_HEADERS, deadLetterTopic, type Bus, type Delivery } from './bus/bus.ts';
import { openEmbeddedBus } from './bus/embedded.ts';
import { consume, publishAll } from './consume.ts';
import { SomeUnprocessable, Unprocessable } from './unprocessable.ts';

const failed = (id: string): ReportFailed => ({
  cluster: 'c',
  id,
  reportName: 'daily',
  reportType: 'inventory',
  start: 0,
  end: 10,
  reason: 'why',
  attempts: 6,
  failedAt: 20,
});

describe('consume', () => {
  let bus: Bus;
  beforeEach(() => void (bus = openEmbeddedBus(':memory:')));
  afterEach(() => bus.close());

  const deadLetters = async () => {
    const letters: Delivery[] = [];
    for await (const letter of bus.peek(deadLetterTopic(reportsFailed.name))) letters.push(letter);
    return letters;
  };

  test('messages that cannot be decoded or processed are set aside, and the stream goes on', async () => {
    await publishAll(bus, reportsFailed, [failed('a')]);
    await bus.publish(reportsFailed.name, [{ key: 'poison', value: Buffer.from('not Avro') }]);
    await publishAll(bus, reportsFailed, [failed('bad'), failed('b')]);

    const handled = new Set<string>();
    const told: string[] = [];
    const stop = new AbortController();
    await consume(
      bus,
      reportsFailed,
      'g',
      (messages) => {
        if (messages.some(({ id }) => id === 'bad')) {
          return Promise.reject(new Unprocessable('unknown-report-type', 'no such type'));
        }
        for (const { id } of messages) handled.add(id);
        if (handled.has('b')) stop.abort();
        return Promise.resolve();
      },
      { signal: stop.signal, onDeadLetter: (_, { code }) => told.push(code) },
    );

    expect([...handled]).toEqual(['a', 'b']);
    expect(told).toEqual(['undecodable', 'unknown-report-type']);
    expect((await deadLetters()).map(({ key, headers }) => [key, headers[DEAD_LETTER_HEADERS.code]])).toEqual(
      [
        ['poison', 'undecodable'],
        ['c/daily', 'unknown-report-type'],
      ],
    );
    expect(await bus.lag(reportsFailed.name, 'g')).toBe(0);
  });

  test('what is lost of different keys is told side by side, of one key in its order, and letters come in the order of the topic', async () => {
    const keys = ['a', 'b', 'a', 'c', 'a', 'b'];
    await bus.publish(
      reportsFailed.name,
      keys.map((key, i) => ({ key, value: Buffer.from(`not Avro ${i}`) })),
    );
    const told: string[] = [];
    let [now, most, fails] = [0, 0, 1];
    const stop = new AbortController();
    const consumeOnce = () =>
      consume(bus, reportsFailed, 'g', async () => {}, {
        signal: stop.signal,
        onSetAside: async ({ key, offset }) => {
          most = Math.max(most, ++now);
          await sleep(5);
          now--;
          if (key === 'c' && fails-- > 0) throw new Error('the store is away');
          told.push(`${key}${offset}`);
        },
        onDeadLetter: ({ offset }) => void (offset === '5' && stop.abort()),
      });
    await expect(consumeOnce()).rejects.toThrow('the store is away');
    expect([now, await deadLetters()]).toEqual([0, []]);
    told.length = 0;
    await consumeOnce();
    expect(most).toBe(3);
    const ofKeys = Map.groupBy(told, ([key]) => key);
    expect(Object.fromEntries(ofKeys)).toEqual({ a: ['a0', 'a2', 'a4'], b: ['b1', 'b5'], c: ['c3'] });
    expect((await deadLetters()).map(({ headers }) => headers[DEAD_LETTER_HEADERS.offset])).toEqual(
      keys.map((_, i) => String(i)),
    );
  });

  test('where it is said which messages cannot be processed, these are set aside at once, and the others handled once more', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => `${i % 2 === 0 ? 'good' : 'bad'}-${i}`);
    await publishAll(bus, reportsFailed, ids.map(failed));
    const isGood = (id: string) => id.startsWith('good');
    const stop = new AbortController();
    let [calls, published] = [0, 0];
    const handled: string[] = [];
    const publish = bus.deadLetters.bind(bus);
    bus.deadLetters = (...letters) => {
      published++;
      return publish(...letters);
    };
    const handle = async (messages: readonly ReportFailed[]) => {
      calls++;
      const bad = messages.flatMap(({ id }, i) =>
        isGood(id) ? [] : [[i, new Unprocessable('other-cluster', id)] as const],
      );
      if (bad.length > 0) throw new SomeUnprocessable(new Map(bad));
      handled.push(...messages.map(({ id }) => id));
      stop.abort();
    };
    await consume(bus, reportsFailed, 'g', handle, { signal: stop.signal });
    expect([calls, published]).toEqual([2, 1]);
    expect(handled).toEqual(ids.filter(isGood));
    const reasons = (await deadLetters()).map(({ headers }) => headers[DEAD_LETTER_HEADERS.reason]);
    expect(reasons).toEqual(ids.filter((id) => !isGood(id)));
    expect(() => new SomeUnprocessable(new Map())).toThrow(RangeError);
  });

  test('what is of a cluster that is not known is set aside before it is handled, and says so', async () => {
    const stranger = { ...failed('x'), cluster: 'other' };
    await publishAll(bus, reportsFailed, [stranger, failed('a'), { ...stranger, cluster: '{"secret' }]);
    const handled: string[] = [];
    const told: string[] = [];
    const stop = new AbortController();
    await consume(
      bus,
      reportsFailed,
      'g',
      async (messages) => {
        handled.push(...messages.map(({ id }) => id));
        stop.abort();
      },
      { signal: stop.signal, clusters: ['c', 'd'], onDeadLetter: (_, { message }) => told.push(message) },
    );
    expect(handled).toEqual(['a']);
    expect(told).toEqual([
      expect.stringMatching(/^It is of the cluster other, and those that are known here are c, d/),
      expect.stringMatching(/^It is of another cluster/),
    ]);
    const codes = (await deadLetters()).map(({ headers }) => headers[DEAD_LETTER_HEADERS.code]);
    expect(codes).toEqual(['unknown-cluster', 'unknown-cluster']);
  });

  test('any other error ends the consumption, and the messages come again', async () => {
    await publishAll(bus, reportsFailed, [failed('a')]);
    const signal = new AbortController().signal;
    const handle = () => Promise.reject(new Error('store is away'));
    await expect(consume(bus, reportsFailed, 'g', handle, { signal })).rejects.toThrow('store is away');
    expect(await bus.lag(reportsFailed.name, 'g')).toBe(1);
    expect(await deadLetters()).toEqual([]);
  });
});
