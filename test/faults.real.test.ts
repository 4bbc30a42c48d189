import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { reportsCompleted } from '@margay/contracts';
import { deadLetterTopic } from '@margay/messaging';
import { expect, onTestFinished, test } from 'vitest';
import { brokerToKill } from './servers/kafka.ts';
import { tell, type Run } from './servers/runs.ts';
import {
  completions,
  expectNoDeadLetters,
  expectReady,
  FAULT_MINUTES,
  install,
  kept,
  lines,
  reportOnAll,
  stream,
  TYPES,
  undisturbed,
  undisturbedRows,
} from './testing/installation.ts';
import { expectOpen } from './testing/expect-open.ts';
import { chance } from './testing/chance.ts';
import { timesOver } from './testing/many-clusters.ts';
import { margay, ownFolder } from './testing/margay.ts';
import { proxyBefore, TROUBLES } from './testing/proxy-before.ts';
import { startService, type ServiceProcess } from './testing/services.ts';
import { topicsRead } from './testing/topics-read.ts';
import { wrongFramings } from './testing/wrong-framings.ts';

/** The faults last a part of a minute, or the minutes that FAULT_MINUTES asks for, at 500 events a second. */
const COPIES = Math.ceil((FAULT_MINUTES * 60 * 500) / lines.length);
const LOG = FAULT_MINUTES === 0 ? lines.map(({ text }) => text) : timesOver(COPIES);
const PAUSE_AT_500_A_SECOND = 200;
const timeout = 600_000 + FAULT_MINUTES * 240_000;
/** A long run says what it came to. */
const measured = (what: object): void => {
  if (FAULT_MINUTES > 0) console.log(new Date().toISOString(), JSON.stringify(what));
};

test(
  'every service is killed again and again while Elasticsearch lies and the log streams: nothing lost, nothing doubled, one report a window',
  { timeout },
  async () => {
    const proxy = await proxyBefore(process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '');
    const place = await install(process.env['MARGAY_TEST_KAFKA'] ?? '', proxy.url);
    const { environment, log, bus, stores } = place;
    const names = ['audit-ingestor', 'snapshotter', 'snapshotter', 'report-worker', 'scheduler', 'api'];
    const services = names.map((name) => startService(name, environment));
    await Promise.all(services.map((service) => service.url()));

    const pick = chance(7);
    let streaming = true;
    const pause = FAULT_MINUTES === 0 ? 1_200 : PAUSE_AT_500_A_SECOND;
    const streamed = stream(log, pause, LOG).finally(() => void (streaming = false));
    const kills = services.map(() => 0);
    const killed =
      FAULT_MINUTES === 0
        ? []
        : services.map((service, i) =>
            killUntil(
              service,
              () => !streaming,
              () => kills[i]!++,
            ),
          );
    let met = 0;
    while (streaming || met < TROUBLES.length) {
      const trouble = TROUBLES[met % TROUBLES.length]!;
      proxy.make(trouble);
      await sleep(FAULT_MINUTES === 0 ? 1_000 + pick(2_000) : 3_000);
      // One that nobody has met stays: a service that was killed takes its time to start.
      if (proxy.troubled()[trouble] > 0) met++;
      if (FAULT_MINUTES > 0) continue;
      const one = pick(services.length);
      await services[one]!.kill();
      kills[one]!++;
    }
    proxy.make(undefined);
    measured({ lines: LOG.length, aSecond: await streamed, kills, troubled: proxy.troubled() });
    measured({ secondsToStart: (await Promise.all(killed)).map((each) => each.toFixed(1)) });
    expect(kills.reduce((sum, n) => sum + n)).toBeGreaterThan(5);
    expect(Object.entries(proxy.troubled()).filter(([, count]) => count === 0)).toEqual([['refused', 0]]);
    await kept(bus, stores, LOG.length);
    measured({ kept: LOG.length });

    const worker = services.find(({ name }) => name === 'report-worker')!;
    const reporting = reportOnAll(bus, stores);
    await sleep(700);
    await worker.kill();
    expect(await reporting).toEqual(await undisturbed(log));
    measured({ reports: 'the same' });

    const told = await completions(bus);
    expect(new Set(told.map(({ id }) => id)).size).toBe(TYPES.length);
    await expectNoDeadLetters(bus);
    await expectReady(services);
    expect(await Promise.all(services.map((service) => service.stop()))).toEqual(services.map(() => 0));
  },
);

const KILLED_EVERY_MS = 3_000;
/** One that is killed before it has begun does nothing that could be lost. */
const BEGUN_MS = 300;

/**
 * Kills a service every three seconds, or as soon as it has begun where that takes longer.
 *
 * @returns how many seconds it took to start, on average.
 */
async function killUntil(
  service: ServiceProcess,
  isOver: () => boolean,
  onKill: () => void,
): Promise<number> {
  const starts: number[] = [];
  while (!isOver()) {
    const since = Date.now();
    await service.url();
    starts.push(Date.now() - since);
    await sleep(Math.max(BEGUN_MS, since + KILLED_EVERY_MS - Date.now()));
    if (isOver()) break;
    await service.kill();
    onKill();
  }
  return starts.reduce((sum, each) => sum + each, 0) / starts.length / 1_000;
}

test(
  'the broker is killed and starts again, and Elasticsearch does not answer for a while: nothing lost',
  { timeout },
  async () => {
    const broker = await brokerToKill(ownFolder());
    onTestFinished(broker.remove);
    const { environment, log, bus, stores } = await install(broker.address);
    const services = ['audit-ingestor', 'snapshotter', 'report-worker'].map((name) =>
      startService(name, environment),
    );
    await Promise.all(services.map((service) => service.url()));
    const streamed = stream(log, FAULT_MINUTES === 0 ? 150 : PAUSE_AT_500_A_SECOND, LOG);
    await sleep(3_000);
    await broker.kill();
    await sleep(5_000);
    await broker.start();
    await sleep(3_000);
    const elasticsearch = process.env['MARGAY_TEST_ELASTICSEARCH_RUN'] as Run | undefined;
    if (elasticsearch !== undefined) {
      await tell(elasticsearch, 'pause');
      await sleep(Math.max(1, FAULT_MINUTES) * 60_000);
      await tell(elasticsearch, 'unpause');
    }
    measured({ lines: LOG.length, aSecond: await streamed });
    await kept(bus, stores, LOG.length);
    measured({ kept: LOG.length });
    expect(await reportOnAll(bus, stores)).toEqual(await undisturbed(log));
    measured({ reports: 'the same' });
    await expectNoDeadLetters(bus);
    await expectReady(services);
  },
);

test(
  'poison and oversized messages on every topic are set aside with their reasons, stop nothing, and can be replayed',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const services = ['audit-ingestor', 'snapshotter', 'report-worker', 'scheduler'].map((name) =>
      startService(name, environment),
    );
    await Promise.all(services.map((service) => service.url()));
    const poison = [
      Buffer.from('this is no message'),
      randomBytes(3_000_000),
      Buffer.alloc(65 * 1024 * 1024),
    ];
    const framings = topicsRead.map((topic) => wrongFramings(topic));
    for (const [i, { name }] of topicsRead.entries())
      await bus.publish(
        name,
        [...poison, ...framings[i]!].map((value) => ({ key: 'poison', value })),
      );
    const wrong = framings[0]!.map(() => 'undecodable');
    await stream(log, 0);
    await kept(bus, stores);
    await reportOnAll(bus, stores);
    await expectOpen(stores, await undisturbedRows());

    const set = async (name: string) => {
      const reasons: string[] = [];
      for await (const { headers } of bus.peek(deadLetterTopic(name)))
        reasons.push(headers['dlq-code'] ?? '');
      return reasons;
    };
    for (const { name } of topicsRead)
      await expect
        .poll(() => set(name), { timeout: 60_000, interval: 500 })
        .toEqual(['undecodable', 'undecodable', 'too-large', ...wrong]);
    const metrics = await (await fetch(`${await services[1]!.url()}/metrics`)).text();
    expect(metrics).toMatch(/margay_dead_letters_total\{topic="[^"]*",reason="undecodable"\} 12\n/);

    const [first] = topicsRead;
    const before = { ...process.env };
    Object.assign(process.env, environment);
    const listed = margay(['dlq', 'list', '--topic', first!.name]);
    const replayed = margay(['dlq', 'replay', '--topic', first!.name]);
    const again = margay(['dlq', 'replay', '--topic', reportsCompleted.name]);
    process.env = before;
    expect([listed.code, listed.err]).toEqual([0, '']);
    expect(
      listed.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { topic: first!.name, code: 'undecodable', key: 'poison', sizeBytes: 18 },
      { topic: first!.name, code: 'undecodable', key: 'poison', sizeBytes: 3_000_000 },
      { topic: first!.name, code: 'too-large', key: 'poison', sizeBytes: 0 },
      ...framings[0]!.map(({ length }) => ({ code: 'undecodable', key: 'poison', sizeBytes: length })),
    ]);
    const published = '12 published again, 1 have no content: their objects have to be seen again';
    expect(replayed.out).toBe(`${first!.name}: ${published}\n`);
    expect(again.out).toBe(`${reportsCompleted.name}: ${published}\n`);
    // They are no better than before, so they are set aside once more.
    await expect
      .poll(() => set(first!.name), { timeout: 60_000, interval: 500 })
      .toEqual(['undecodable', 'undecodable', 'too-large', ...wrong, 'undecodable', 'undecodable', ...wrong]);
  },
);
