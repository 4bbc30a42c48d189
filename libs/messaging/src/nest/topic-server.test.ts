import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reportsCompleted, reportsFailed, type ReportFailed } from '@margay/contracts';
import { openMetrics, silentLog, type Log } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { Controller, Injectable, type Type } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { expect, onTestFinished, test } from 'vitest';
import { DEAD_LETTER_HEADERS, deadLetterTopic, type Bus, type Delivery } from '../bus/bus.ts';
import { publishAll } from '../consume.ts';
import { Unprocessable } from '../unprocessable.ts';
import { BUS, BusModule } from './bus.module.ts';
import { OnLoss, OnTopic, type Loss } from './on-topic.ts';
import type { TopicContext } from './topic-context.ts';

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

const ownFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-topics-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** An application with one controller over the embedded bus of a folder; stopped at the end of the test. */
async function start(controller: Type, folder = ownFolder(), log: Log = silentLog, providers: Type[] = []) {
  const stopping = new AbortController();
  const metrics = openMetrics({ defaults: false });
  const application = await startApplication({
    modules: [BusModule.embedded(folder), { module: class Testing {}, controllers: [controller], providers }],
    log,
    metrics,
    host: '127.0.0.1',
    port: 0,
    signal: stopping.signal,
    pauseMilliseconds: 5,
  });
  const stop = async () => {
    stopping.abort();
    await application.ended;
  };
  onTestFinished(stop);
  return { bus: application.get<Bus>(BUS), url: application.url, stop, folder, metrics };
}

const deadLetters = async (bus: Bus) => {
  const letters: Delivery[] = [];
  for await (const letter of bus.peek(deadLetterTopic(reportsFailed.name))) letters.push(letter);
  return letters;
};

test('a handler gets batches of decoded messages, and what it has done is committed', async () => {
  const batches: string[][] = [];
  @Controller()
  class Failures {
    @OnTopic(reportsFailed, { group: 'g', batchMax: 2 })
    async take(@Payload() messages: readonly ReportFailed[], @Ctx() { deliveries }: TopicContext) {
      expect(deliveries).toHaveLength(messages.length);
      batches.push(messages.map(({ id }) => id));
    }
  }
  const { bus } = await start(Failures);
  await publishAll(bus, reportsFailed, ['a', 'b', 'c'].map(failed));
  await expect.poll(() => bus.lag(reportsFailed.name, 'g')).toBe(0);
  expect(batches).toEqual([['a', 'b'], ['c']]);
});

test('what a handler failed on comes again, and nothing is committed before its effect', async () => {
  const durable: string[] = [];
  const lags: number[] = [];
  let attempts = 0;
  const holder: { bus?: Bus } = {};
  @Controller()
  class Failures {
    @OnTopic(reportsFailed, { group: 'g' })
    async take(messages: readonly ReportFailed[]) {
      attempts++;
      await sleep(10);
      lags.push(await holder.bus!.lag(reportsFailed.name, 'g'));
      if (attempts < 3) throw new Error('the store is away');
      durable.push(...messages.map(({ id }) => id));
    }
  }
  const { bus, url } = await start(Failures);
  holder.bus = bus;
  await publishAll(bus, reportsFailed, [failed('a'), failed('b')]);
  await expect
    .poll(async () => (await fetch(`${url}/readyz`)).json(), { interval: 2 })
    .toMatchObject({ checks: { [reportsFailed.name]: { ready: false, reason: 'the store is away' } } });
  await expect.poll(() => bus.lag(reportsFailed.name, 'g')).toBe(0);
  expect(durable).toEqual(['a', 'b']);
  expect(lags).toEqual([2, 2, 2]);
  expect(await deadLetters(bus)).toEqual([]);
});

test('what cannot be decoded or processed is set aside, logged and counted, and the rest goes on', async () => {
  const handled = new Set<string>();
  const errors: unknown[] = [];
  @Controller()
  class Failures {
    @OnTopic(reportsFailed, { group: 'g' })
    async take(messages: readonly ReportFailed[]) {
      if (messages.some(({ id }) => id === 'bad'))
        throw new Unprocessable('unknown-report', 'no such report');
      for (const { id } of messages) handled.add(id);
    }
  }
  const log = { ...silentLog, error: (_: string, fields?: object) => void errors.push(fields) };
  const { bus, metrics } = await start(Failures, ownFolder(), log);
  await bus.publish(reportsFailed.name, [{ key: 'poison', value: Buffer.from('not Avro') }]);
  await publishAll(bus, reportsFailed, [failed('a'), failed('bad'), failed('b')]);
  await expect.poll(() => [...handled]).toEqual(['a', 'b']);
  await expect.poll(() => bus.lag(reportsFailed.name, 'g')).toBe(0);
  const reasons = (await deadLetters(bus)).map(({ headers }) => headers[DEAD_LETTER_HEADERS.code]);
  expect(reasons).toEqual(['undecodable', 'unknown-report']);
  expect(errors).toMatchObject([{ code: 'undecodable' }, { code: 'unknown-report' }]);
  const exposition = await metrics.exposition();
  expect(exposition).toMatch(/dead_letters_total\{topic="[^"]*report-failed",reason="unknown-report"\} 1/);
  expect(exposition).toMatch(/lag_messages\{topic="[^"]*report-failed",group="g"\} 0/);
});

test('a stop in the middle of a batch waits for it and commits it, and a later start goes on behind it', async () => {
  const handled: string[] = [];
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
  @Controller()
  class Failures {
    @OnTopic(reportsFailed, { group: 'g', batchMax: 1 })
    async take([message]: readonly ReportFailed[]) {
      begin();
      await allowed;
      handled.push(message!.id);
    }
  }
  const first = await start(Failures);
  await publishAll(first.bus, reportsFailed, [failed('a'), failed('b')]);
  await begun;
  let isStopped = false;
  const stopped = first.stop().then(() => (isStopped = true));
  await sleep(50);
  expect(isStopped).toBe(false);
  allow();
  await stopped;
  expect(handled).toEqual(['a']);

  const second = await start(Failures, first.folder);
  await expect.poll(() => second.bus.lag(reportsFailed.name, 'g')).toBe(0);
  expect(handled).toEqual(['a', 'b']);
});

test('a batch is asked for when the one before is done: nothing piles up', async () => {
  let atOnce = 0;
  let most = 0;
  let taken = 0;
  @Controller()
  class Failures {
    @OnTopic(reportsFailed, { group: 'g', batchMax: 5 })
    async take(messages: readonly ReportFailed[]) {
      most = Math.max(most, ++atOnce);
      await sleep(2);
      atOnce--;
      taken += messages.length;
    }
  }
  const { bus } = await start(Failures);
  await publishAll(
    bus,
    reportsFailed,
    Array.from({ length: 50 }, (_, i) => failed(String(i))),
  );
  await expect.poll(() => taken).toBe(50);
  expect(most).toBe(1);
});

test('each group gets every message, and handlers of one stage start again together', async () => {
  const seen: string[] = [];
  let isAway = true;
  @Controller()
  class Both {
    @OnTopic(reportsFailed, { group: 'one', stage: 'results' })
    async one(messages: readonly ReportFailed[]) {
      seen.push(...messages.map(({ id }) => `one ${id}`));
    }
    @OnTopic(reportsFailed, { group: 'two', stage: 'results' })
    async two(messages: readonly ReportFailed[]) {
      if (isAway) throw new Error('away');
      seen.push(...messages.map(({ id }) => `two ${id}`));
    }
  }
  const { bus, url } = await start(Both);
  await publishAll(bus, reportsFailed, [failed('a')]);
  await expect
    .poll(async () => (await fetch(`${url}/readyz`)).json())
    .toMatchObject({ checks: { results: { ready: false, reason: 'away' } } });
  isAway = false;
  await expect.poll(() => seen.toSorted()).toEqual(['one a', 'two a']);
});

test('a topic of others comes as it was written', async () => {
  const texts: string[] = [];
  @Controller()
  class Raw {
    @OnTopic('raw', { group: 'g' })
    async take(deliveries: readonly Delivery[]) {
      texts.push(...deliveries.map(({ value }) => Buffer.from(value).toString()));
    }
  }
  const { bus } = await start(Raw);
  await bus.publish('raw', [{ key: 'k', value: Buffer.from('{"a":1}') }]);
  await expect.poll(() => texts).toEqual(['{"a":1}']);
});

test('handlers that cannot be served keep the application from starting, and it says what to do', async () => {
  @Controller()
  class Wrong {
    @EventPattern<string>('lonely')
    async lonely() {}
    @OnTopic(reportsCompleted, { group: 'twice' })
    async first() {}
    @OnTopic(reportsCompleted, { group: 'twice' })
    async second() {}
    @MessagePattern('asked')
    async asked() {}
  }
  for (const [group, sizes, words] of [
    [' ', {}, /report-completed: its handler has no group/],
    ['g', { batchMax: 0 }, /report-completed: its handler has a batchMax of 0: give a whole number/],
    ['g', { partitionsAtOnce: 1.5 }, /a partitionsAtOnce of 1.5/],
  ] as const) {
    @Controller()
    class Sizes {
      @OnTopic(reportsCompleted, { group, ...sizes })
      async take() {}
    }
    await expect(start(Sizes)).rejects.toThrow(words);
  }
  const start_ = start(Wrong);
  await expect(start_).rejects.toThrow(/lonely: its handler has no group.*@OnTopic\(lonely, \{ group: /);
  await expect(start_).rejects.toThrow(/report-completed: two handlers have the group twice.*another group/);
  await expect(start_).rejects.toThrow(/asked: its handler answers requests.*use @OnTopic/);
});

test('a handler that stands in a provider keeps the application from starting, inherited ones too', async () => {
  class Base {
    @OnTopic(reportsCompleted, { group: 'g' })
    async take() {}
  }
  @Injectable()
  class Stray extends Base {}
  @Controller()
  class Right extends Base {}
  await expect(start(Right, ownFolder(), silentLog, [Stray])).rejects.toThrow(
    /report-completed: its handler Stray.take is in a provider.*@Controller\(\)/,
  );
  await start(Right);
});

test('what is set aside is told first: it is not committed while nobody has taken it', async () => {
  const told: string[] = [];
  let failures = 1;
  @Controller()
  class Failures {
    @OnTopic(reportsFailed, { group: 'g' })
    async take() {}

    @OnLoss([reportsFailed.name], { group: 'g' })
    async lose(loss: Loss) {
      if (failures-- > 0) throw new Error('store is away');
      if (loss.kind === 'set-aside') told.push(`${loss.delivery.key}: ${loss.error.code}`);
    }
  }
  const { bus } = await start(Failures);
  await bus.publish(reportsFailed.name, [{ key: 'poison', value: Buffer.from('not Avro') }]);
  await expect.poll(() => bus.lag(reportsFailed.name, 'g')).toBe(0);
  expect(told).toEqual(['poison: undecodable']);
  expect(await deadLetters(bus)).toHaveLength(1);
});

test('whoever wants to be told of losses where nothing is handled keeps the application from starting', async () => {
  @Controller()
  class Failures {
    @OnLoss([reportsFailed.name], { group: 'g' })
    async lose() {}
  }
  await expect(start(Failures)).rejects.toThrow(/nothing of it can be lost to the group g/);
});
