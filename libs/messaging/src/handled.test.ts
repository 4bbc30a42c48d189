import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { messagesBetween } from './bus/places.ts';
import { openEmbeddedBus } from './bus/embedded.ts';
import { endsOfTopics, nextStep, untilHandled, type Step } from './handled.ts';

const LIMIT = { limitMilliseconds: 10_000, pauses: { first: 100, longest: 1_000 } };

test.each<[string, number, number, number, Step]>([
  ['everything is handled: go on at once', 0, 1, 0, { left: 0 }],
  ['everything is handled, though late', 0, 40, 99_000, { left: 0 }],
  ['something waits: look soon', 5, 1, 0, { look: 100 }],
  ['it still waits: look later', 5, 3, 500, { look: 400 }],
  ['it waits for long: look once in the longest pause', 5, 30, 5_000, { look: 1_000 }],
  ['the last pause ends with the limit', 5, 30, 9_800, { look: 200 }],
  ['the limit is over: go on without', 5, 30, 10_000, { left: 5 }],
])('%s', (_, left, looks, waited, step) => expect(nextStep(left, looks, waited, LIMIT)).toEqual(step));

test('no limit is no end of waiting', () =>
  expect(nextStep(1, 1_000, 1e9, { pauses: LIMIT.pauses })).toEqual({ look: 1_000 }));

test.each<[string, [number, bigint][], [number, bigint][], number]>([
  ['empty', [], [], 0],
  ['the same place', [[0, 7n]], [[0, 7n]], 0],
  ['each partition counts', [[0, 1n], [1, 5n]], [[0, 3n], [1, 9n]], 6], // prettier-ignore
  ['behind in one, ahead in another', [[0, 9n], [1, 5n]], [[0, 3n], [1, 9n]], 4], // prettier-ignore
  ['a partition that is new', [[0, 3n]], [[0, 3n], [1, 2n]], 2], // prettier-ignore
])('messages between places: %s', (_, from, to, count) =>
  expect(messagesBetween(new Map(from), new Map(to))).toBe(count),
);

const message = (value: string) => ({ key: 'k', value: Buffer.from(value) });

test('the wait is over when what was there at its beginning is handled, whatever comes meanwhile', async () => {
  const bus = openEmbeddedBus(':memory:');
  onTestFinished(() => bus.close());
  const signal = new AbortController().signal;
  await bus.publish('a', [message('1'), message('2')]);
  const ends = await endsOfTopics(bus, ['a', 'b']);
  expect(await untilHandled(bus, 'g', ends, { signal, limitMilliseconds: 0 })).toBe(2);
  const waiting = untilHandled(bus, 'g', ends, { signal });
  await bus.publish('a', [message('3')]);
  await bus.publish('b', [message('4')]);
  const stop = new AbortController();
  await bus.consume('a', 'g', async () => stop.abort(), { signal: stop.signal, batchMax: 2 });
  expect(await waiting).toBe(0);
});

test('a stop ends the wait', async () => {
  const bus = openEmbeddedBus(':memory:');
  onTestFinished(() => bus.close());
  await bus.publish('a', [message('1')]);
  const stop = new AbortController();
  const waiting = untilHandled(bus, 'g', await endsOfTopics(bus, ['a']), { signal: stop.signal });
  await sleep(30);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});
