import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { Unprocessable } from '../unprocessable.ts';
import {
  DEAD_LETTER_HEADERS,
  deadLetterTopic,
  placeIn,
  type Bus,
  type Delivery,
  type Message,
  type Place,
} from './bus.ts';
import { MESSAGE_BYTES_MAX, noticeIn } from './notice.ts';
import { messagesBetween, type Places } from './places.ts';

const text = (delivery: Message) => Buffer.from(delivery.value).toString();
const message = (key: string, value: string): Message => ({ key, value: Buffer.from(value) });
const numbered = (count: number, keys: number) =>
  Array.from({ length: count }, (_, i) => message(`key-${i % keys}`, String(i)));

/** Random bytes do not get smaller by packing. */
const sized = (key: string, bytes: number): Message => ({
  key,
  value: randomBytes(bytes),
  headers: { 'trace-id': key },
});
const digestOf = ({ value }: Message) => createHash('sha256').update(value).digest('hex');

/** Big ones among small ones, of two keys. */
const mixed = (): Message[] =>
  [10, 500_000, 20, 1_500_000, 30, 3_000_000, 20_000_000, 40, 2_000_000].map((bytes, i) =>
    sized(`key-${i % 2}`, bytes),
  );

/** The messages of each key in their order, as digests with headers. */
const byKey = (messages: readonly Message[]) =>
  Object.fromEntries(
    [...Map.groupBy(messages, ({ key }) => key)].map(([key, some]) => [
      key,
      some.map((each) => ({ digest: digestOf(each), headers: each.headers })),
    ]),
  );

/** Consumes until enough was handled, and gives it in the order of its handling. */
async function takeUntil(
  isEnough: (taken: readonly Delivery[]) => boolean,
  bus: Bus,
  topic: string,
  group: string,
  batchMax = 100,
): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  const stop = new AbortController();
  await bus.consume(
    topic,
    group,
    (batch) => {
      taken.push(...batch);
      if (isEnough(taken)) stop.abort();
      return Promise.resolve();
    },
    { signal: stop.signal, batchMax },
  );
  return taken;
}

/** Consumes until `count` messages were handled, and gives them in the order of their handling. */
export const take = async (
  bus: Bus,
  topic: string,
  group: string,
  count: number,
  batchMax?: number,
): Promise<Delivery[]> =>
  count === 0 ? [] : takeUntil(({ length }) => length >= count, bus, topic, group, batchMax);

/** So many different messages, each as it came first: what is sent anew since a part of it was refused comes again. */
const takeEach = async (bus: Bus, topic: string, group: string, count: number): Promise<Delivery[]> =>
  firstOfEach(await takeUntil((taken) => firstOfEach(taken).length >= count, bus, topic, group));

const firstOfEach = (taken: readonly Delivery[]): Delivery[] =>
  [...Map.groupBy(taken, (delivery) => JSON.stringify([delivery.key, text(delivery)])).values()].map(
    (alike) => alike[0]!,
  );

/**
 * What every bus must do. `open` gives a bus to the same place each time, `topic` a topic that is new and empty.
 */
export function busContract(name: string, open: () => Promise<Bus>, topic: () => Promise<string>) {
  describe(`bus contract: ${name}`, () => {
    const buses: Bus[] = [];
    const opened = async () => {
      const bus = await open();
      buses.push(bus);
      return bus;
    };
    afterEach(async () => {
      for (const bus of buses.splice(0)) await bus.close();
    });

    test('messages come with key, bytes and headers as they were published', async () => {
      const bus = await opened();
      const at = await topic();
      const value = Uint8Array.from([0, 1, 0xff, 0xc3]);
      await bus.publish(at, [{ key: 'schlüssel', value, headers: { 'trace-id': 'ü1' } }]);
      const [delivery] = await take(bus, at, 'g', 1);
      expect(delivery).toMatchObject({ key: 'schlüssel', headers: { 'trace-id': 'ü1' }, topic: at });
      expect(Uint8Array.from(delivery?.value ?? [])).toEqual(value);
      expect(Math.abs(Date.now() - (delivery?.publishedAt ?? 0))).toBeLessThan(60_000);
    });

    test('messages of a key keep their order, over several publications', async () => {
      const bus = await opened();
      const at = await topic();
      const all = numbered(300, 7);
      for (let i = 0; i < all.length; i += 50) await bus.publish(at, all.slice(i, i + 50));
      const taken = await take(bus, at, 'g', 300, 33);
      expect(taken.map((delivery) => Number(text(delivery))).toSorted((a, b) => a - b)).toEqual(
        all.map((_, i) => i),
      );
      for (let key = 0; key < 7; key++) {
        const ofKey = taken
          .filter((delivery) => delivery.key === `key-${key}`)
          .map((delivery) => Number(text(delivery)));
        expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
      }
    });

    test('a batch is never bigger than asked for', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(25, 3));
      const sizes: number[] = [];
      const stop = new AbortController();
      let handled = 0;
      await bus.consume(
        at,
        'g',
        (batch) => {
          sizes.push(batch.length);
          if ((handled += batch.length) === 25) stop.abort();
          return Promise.resolve();
        },
        { signal: stop.signal, batchMax: 10 },
      );
      expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
    });

    test('each group gets every message, whenever it begins', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(10, 3));
      expect(await take(bus, at, 'one', 10)).toHaveLength(10);
      expect(await take(bus, at, 'two', 10)).toHaveLength(10);
    });

    test('a group goes on where it committed, with another bus too', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(5, 1));
      await take(bus, at, 'g', 5);
      await bus.publish(at, [message('key-0', 'later')]);
      await bus.close();
      const again = await opened();
      expect((await take(again, at, 'g', 1)).map(text)).toEqual(['later']);
    });

    test('what the handler rejected comes again', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(5, 1));
      const failing = bus.consume(at, 'g', () => Promise.reject(new Error('store is away')), {
        signal: new AbortController().signal,
      });
      await expect(failing).rejects.toThrow('store is away');
      expect((await take(bus, at, 'g', 5)).map(text)).toEqual(['0', '1', '2', '3', '4']);
    });

    test('what the handler threw is given as it is, not as an error of the bus', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(1, 1));
      const away = Object.assign(new Error('Elasticsearch at http://es: no node answers'), {
        name: 'ConnectionError',
      });
      const consumption = bus.consume(at, 'g', () => Promise.reject(away), {
        signal: new AbortController().signal,
      });
      await expect(consumption).rejects.toBe(away);
    });

    test('a waiting consumer gets what is published later', async () => {
      const bus = await opened();
      const at = await topic();
      const waiting = take(bus, at, 'g', 2);
      await new Promise((wake) => setTimeout(wake, 50));
      await bus.publish(at, numbered(2, 1));
      expect((await waiting).map(text)).toEqual(['0', '1']);
    });

    test('an aborted consumption is fulfilled', async () => {
      const bus = await opened();
      const at = await topic();
      const stop = new AbortController();
      const consumption = bus.consume(at, 'g', () => Promise.resolve(), { signal: stop.signal });
      setTimeout(() => stop.abort(), 50);
      await consumption;
      await bus.consume(at, 'g', () => Promise.reject(new Error('handled')), { signal: stop.signal });
    });

    test('two consumers of a group share the messages', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(200, 10));
      const stop = new AbortController();
      const seen: string[] = [];
      const running = new Map<string, number>();
      const handler = async (batch: readonly Delivery[]) => {
        const keys = new Set(batch.map(({ key }) => key));
        for (const key of keys) {
          running.set(key, (running.get(key) ?? 0) + 1);
          expect(running.get(key)).toBe(1);
        }
        await new Promise((wake) => setTimeout(wake, 1));
        for (const key of keys) running.set(key, 0);
        seen.push(...batch.map(text));
        if (new Set(seen).size === 200) stop.abort();
      };
      const options = { signal: stop.signal, batchMax: 20 };
      await Promise.all([bus.consume(at, 'g', handler, options), bus.consume(at, 'g', handler, options)]);
      expect(new Set(seen).size).toBe(200);
    });

    test('lag counts what a group has not handled', async () => {
      const bus = await opened();
      const at = await topic();
      expect(await bus.lag(at, 'g')).toBe(0);
      await bus.publish(at, numbered(10, 3));
      expect(await bus.lag(at, 'g')).toBe(10);
      await take(bus, at, 'g', 10);
      expect(await bus.lag(at, 'g')).toBe(0);
      await bus.publish(at, numbered(3, 3));
      expect(await bus.lag(at, 'g')).toBe(3);
      expect(await bus.lag(at, 'another')).toBe(13);
    });

    test('a place in a topic is reached when everything before it is handled, whatever comes behind', async () => {
      const bus = await opened();
      const at = await topic();
      const left = async (end: Places) => messagesBetween(await bus.positions(at, 'g'), end);
      expect(await left(await bus.ends(at))).toBe(0);
      await bus.publish(at, numbered(10, 3));
      const end = await bus.ends(at);
      expect(await left(end)).toBe(10);
      const refused = bus.consume(at, 'g', () => Promise.reject(new Error('store is away')), {
        signal: new AbortController().signal,
      });
      await expect(refused).rejects.toThrow('store is away');
      expect(await left(end)).toBe(10);
      await take(bus, at, 'g', 10);
      await bus.publish(at, numbered(3, 3));
      expect(await left(end)).toBe(0);
      expect(await left(await bus.ends(at))).toBe(3);
      expect(messagesBetween(await bus.positions(at, 'another'), end)).toBe(10);
    });

    test('a dead letter says why and where the message is, and holds nothing of it', async () => {
      const bus = await opened();
      const at = await topic();
      const headers = { mine: 'hidden-1', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
      const keys = ['pods/shop/web-1', '{"password":"hidden-2"}'];
      await bus.publish(
        at,
        keys.map((key) => ({ key, value: Buffer.from('hidden-3'), headers })),
      );
      const deliveries = await take(bus, at, 'g', 2);
      const error = new Unprocessable('undecodable', 'no such schema', new Error('hidden-4'));
      await bus.deadLetters(
        at,
        deliveries.map((delivery) => ({ delivery, error })),
      );
      const letters: Delivery[] = [];
      for await (const letter of bus.peek(deadLetterTopic(at))) letters.push(letter);
      expect(letters.map(({ key }) => key).toSorted()).toEqual(['', keys[0]]);
      expect(
        JSON.stringify(letters.map(({ value, ...more }) => [text({ ...more, value }), more])),
      ).not.toMatch(/hidden/);
      for (const delivery of deliveries)
        expect(letters.map((letter) => letter.headers)).toContainEqual({
          traceparent: headers.traceparent,
          [DEAD_LETTER_HEADERS.topic]: at,
          [DEAD_LETTER_HEADERS.partition]: String(delivery.partition),
          [DEAD_LETTER_HEADERS.offset]: delivery.offset,
          [DEAD_LETTER_HEADERS.publishedAt]: String(delivery.publishedAt),
          [DEAD_LETTER_HEADERS.sizeBytes]: '8',
          [DEAD_LETTER_HEADERS.code]: 'undecodable',
          [DEAD_LETTER_HEADERS.reason]: 'no such schema',
        });
    });

    test('messages are read by their places, and those that are not there are not', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(2_500, 5));
      const all = new Map<string, Delivery>();
      for await (const delivery of bus.peek(at)) all.set(text(delivery), delivery);
      const wanted = ['0', '7', '1234', '2499'].map((number) => all.get(number)!);
      const nowhere = { partition: 0, offset: '999999' };
      const read: string[] = [];
      for await (const delivery of bus.read(at, [...wanted, nowhere, wanted[0]!])) read.push(text(delivery));
      expect(read.toSorted()).toEqual(['0', '1234', '2499', '7']);
      for await (const delivery of bus.read(at, [nowhere])) expect(delivery).toBeUndefined();
    });

    test('messages of any size come whole and in the order of their keys', async () => {
      const bus = await opened();
      const at = await topic();
      const messages = mixed();
      await bus.publish(at, messages.slice(0, 6));
      await bus.publish(at, messages.slice(6));
      const taken = await take(bus, at, 'g', messages.length, 4);
      expect(byKey(taken)).toEqual(byKey(messages));
      expect(taken).toHaveLength(messages.length);
      expect(await bus.lag(at, 'g')).toBe(0);
      const seen: Delivery[] = [];
      for await (const delivery of bus.peek(at)) seen.push(delivery);
      expect(byKey(seen)).toEqual(byKey(messages));
    });

    test('a consumer that ends between the parts of a message gets it whole when it begins again', async () => {
      const bus = await opened();
      const at = await topic();
      const messages = mixed();
      await bus.publish(at, messages);
      const handled = new Map<string, Delivery>();
      // Ends with every batch, however few messages it brings.
      for (let times = 0; (await bus.lag(at, 'g')) > 0; times++) {
        expect(times).toBeLessThan(100);
        const stop = new AbortController();
        await bus.consume(
          at,
          'g',
          async (batch) => {
            for (const delivery of batch) handled.set(`${delivery.partition}/${delivery.offset}`, delivery);
            stop.abort();
          },
          { signal: stop.signal, batchMax: 3 },
        );
      }
      expect(byKey([...handled.values()])).toEqual(byKey(messages));
    });

    test('messages whose key is as long as an address come in their order, with a key that is not', async () => {
      const bus = await opened();
      const at = await topic();
      const key = `c/networkpolicies/shop/${'x'.repeat(900_000)}`;
      await bus.publish(at, [message(key, '1'), message('short', '2'), message(key, '3')]);
      const taken = await takeEach(bus, at, 'g', 3);
      const long = taken.filter((delivery) => delivery.key !== 'short');
      expect(long.map(text)).toEqual(['1', '3']);
      expect(new Set(long.map((delivery) => delivery.key)).size).toBe(1);
      expect(long[0]!.key.length).toBeLessThan(100);
    });

    test('what is larger than the bus takes comes as a notice that says so, and the others come', async () => {
      const bus = await opened();
      const at = await topic();
      const huge = { ...message('big', ''), value: Buffer.alloc(MESSAGE_BYTES_MAX + 1) };
      await bus.publish(at, [message('a', 'before'), huge, message('a', 'behind')]);
      const taken = await takeEach(bus, at, 'g', 3);
      const notice = taken.find(({ key }) => key === 'big');
      expect(noticeIn(notice!)).toMatchObject({
        code: 'too-large',
        message: `a message of ${MESSAGE_BYTES_MAX + 1} bytes is larger than the ${MESSAGE_BYTES_MAX} that are published`,
      });
      expect(notice!.value).toHaveLength(0);
      expect(taken.filter(({ key }) => key === 'a').map(text)).toEqual(['before', 'behind']);
    });

    test('a message is found whole where its dead letter says, a big one too', async () => {
      const bus = await opened();
      const at = await topic();
      const big = sized('k', 3_000_000);
      await bus.publish(at, [big]);
      const [delivery] = await take(bus, at, 'g', 1);
      const error = new Unprocessable('undecodable', 'no such schema');
      await bus.deadLetters(at, [{ delivery: delivery!, error }]);
      const places: Place[] = [];
      for await (const letter of bus.peek(deadLetterTopic(at))) places.push(placeIn(letter)!);
      const found: Delivery[] = [];
      for await (const each of bus.read(at, places)) found.push(each);
      expect(found.map(digestOf)).toEqual([digestOf(big)]);
    });

    test('peeking shows everything and commits nothing', async () => {
      const bus = await opened();
      const at = await topic();
      await bus.publish(at, numbered(1_200, 1));
      const seen: string[] = [];
      for await (const delivery of bus.peek(at)) seen.push(text(delivery));
      expect(seen).toEqual(numbered(1_200, 1).map(text));
      expect(await bus.lag(at, 'g')).toBe(1_200);
    });

    test('closing ends consumers and can be repeated', async () => {
      const bus = await opened();
      const at = await topic();
      const consumption = bus.consume(at, 'g', () => Promise.resolve(), {
        signal: new AbortController().signal,
      });
      await bus.close();
      await consumption;
      await bus.close();
      await expect(bus.publish(at, numbered(1, 1))).rejects.toThrow(/closed/);
    });
  });
}
