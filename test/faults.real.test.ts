import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reportsCompleted, topics } from '@margay/contracts';
import { deadLetterTopic } from '@margay/messaging';
import { expect, onTestFinished, test } from 'vitest';
import {
  chance,
  completions,
  expectNoDeadLetters,
  expectReady,
  install,
  kept,
  reportOnAll,
  stream,
  TYPES,
  undisturbed,
} from './testing/installation.ts';
import { margay, ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';

test(
  'every service is killed again and again while the log streams: nothing lost, nothing doubled, one report a window',
  { timeout: 600_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const names = ['audit-ingestor', 'snapshotter', 'snapshotter', 'report-worker', 'scheduler', 'api'];
    const services = names.map((name) => startService(name, environment));
    await Promise.all(services.map((service) => service.url()));

    const pick = chance(7);
    let streaming = true;
    const streamed = stream(log, 1_200).then(() => void (streaming = false));
    let kills = 0;
    while (streaming) {
      await sleep(500 + pick(1_500));
      await services[pick(services.length)]!.kill();
      kills++;
    }
    await streamed;
    expect(kills).toBeGreaterThan(5);
    await kept(bus, stores);

    const worker = services.find(({ name }) => name === 'report-worker')!;
    const reporting = reportOnAll(bus, stores);
    await sleep(700);
    await worker.kill();
    expect(await reporting).toEqual(await undisturbed(log));

    const told = await completions(bus);
    expect(new Set(told.map(({ id }) => id)).size).toBe(TYPES.length);
    await expectNoDeadLetters(bus);
    await expectReady(services);
    expect(await Promise.all(services.map((service) => service.stop()))).toEqual(services.map(() => 0));
  },
);

test(
  'the broker is killed and starts again, and Elasticsearch does not answer for a while: nothing lost',
  { timeout: 600_000 },
  async () => {
    const broker = ownBroker();
    const { environment, log, bus, stores } = await install(broker.address);
    const services = ['audit-ingestor', 'snapshotter', 'report-worker'].map((name) =>
      startService(name, environment),
    );
    await Promise.all(services.map((service) => service.url()));
    const streamed = stream(log, 150);
    await sleep(3_000);
    broker.kill();
    await sleep(5_000);
    broker.start();
    await sleep(3_000);
    const elasticsearch = Number(process.env['MARGAY_TEST_ELASTICSEARCH_PID']);
    if (elasticsearch > 0) {
      process.kill(elasticsearch, 'SIGSTOP');
      await sleep(60_000);
      process.kill(elasticsearch, 'SIGCONT');
    }
    await streamed;
    await kept(bus, stores);
    expect(await reportOnAll(bus, stores)).toEqual(await undisturbed(log));
    await expectNoDeadLetters(bus);
    await expectReady(services);
  },
);

test(
  'a poison message on every topic is set aside with its reason, stops nothing, and can be replayed',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const services = ['audit-ingestor', 'snapshotter', 'report-worker', 'scheduler'].map((name) =>
      startService(name, environment),
    );
    await Promise.all(services.map((service) => service.url()));
    for (const { name } of topics)
      await bus.publish(name, [{ key: 'poison', value: new TextEncoder().encode('this is no message') }]);
    await stream(log, 0);
    await kept(bus, stores);
    expect(await reportOnAll(bus, stores)).toEqual(await undisturbed(log));

    const set = async (name: string) => {
      const reasons: string[] = [];
      for await (const { headers } of bus.peek(deadLetterTopic(name)))
        reasons.push(headers['dlq-code'] ?? '');
      return reasons;
    };
    for (const { name } of topics)
      await expect.poll(() => set(name), { timeout: 60_000, interval: 500 }).toEqual(['undecodable']);
    const metrics = await (await fetch(`${await services[1]!.url()}/metrics`)).text();
    expect(metrics).toMatch(/margay_dead_letters_total\{topic="[^"]*",reason="undecodable"\} 1/);

    const [first] = topics;
    const before = { ...process.env };
    Object.assign(process.env, environment);
    const listed = margay(['dlq', 'list', '--topic', first!.name]);
    const replayed = margay(['dlq', 'replay', '--topic', first!.name]);
    const again = margay(['dlq', 'replay', '--topic', reportsCompleted.name]);
    process.env = before;
    expect([listed.code, listed.err]).toEqual([0, '']);
    expect(JSON.parse(listed.out)).toMatchObject({ topic: first!.name, code: 'undecodable', key: 'poison' });
    expect(replayed.out).toBe(`${first!.name}: 1 published again\n`);
    expect(again.out).toBe(`${reportsCompleted.name}: 1 published again\n`);
    // It is no better than before, so it is set aside once more.
    await expect
      .poll(() => set(first!.name), { timeout: 60_000, interval: 500 })
      .toEqual(['undecodable', 'undecodable']);
  },
);

/** A broker that is killed and started again on the same data. */
function ownBroker() {
  const data = join(ownFolder(), 'kafka');
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  let pid = 0;
  const start = () => {
    const output = execFileSync(new URL('servers/kafka.sh', import.meta.url).pathname, [String(port)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MARGAY_KAFKA_DATA: data },
    });
    pid = Number(output.trim().split('\n').at(-1));
  };
  const kill = () => process.kill(pid, 'SIGKILL');
  start();
  onTestFinished(() => void kill());
  return { address: `127.0.0.1:${port}`, start, kill };
}
