import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { busContract, take } from './bus.contract.ts';
import type { Bus, Delivery, Hole } from './bus.ts';
import { openEmbeddedBus } from './embedded.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'margay-bus-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

const shared = folder();
let topics = 0;
busContract(
  'embedded',
  () => Promise.resolve(openEmbeddedBus(shared)),
  () => Promise.resolve(`topic-${topics++}`),
);

describe('embedded bus', () => {
  test('in memory it works the same', async () => {
    const bus = openEmbeddedBus(':memory:');
    await bus.publish('t', [{ key: 'k', value: Buffer.from('v') }]);
    expect(await take(bus, 't', 'g', 1)).toHaveLength(1);
    await bus.close();
  });

  test('a second process, or a second bus in this one, is told that the folder is in use', async () => {
    const directory = folder();
    const bus = openEmbeddedBus(directory);
    expect(() => openEmbeddedBus(directory)).toThrow(/another Margay process/);
    await bus.close();
    await openEmbeddedBus(directory).close();
  });

  test('messages that are gone before they were handled are told as a hole, before those behind', async () => {
    const directory = folder();
    const bus = openEmbeddedBus(directory);
    for (const value of ['a', 'b', 'c']) await bus.publish('t', [{ key: 'k', value: Buffer.from(value) }]);
    await take(bus, 't', 'g', 1, 1);
    await bus.close();
    const database = new DatabaseSync(join(directory, 'margay.db'));
    database.exec('DELETE FROM log WHERE first = 1');
    database.close();
    const again = openEmbeddedBus(directory);
    const told: string[] = [];
    const stop = new AbortController();
    const onHole = async ({ from, to }: Hole) => void told.push(`hole [${from}, ${to})`);
    const handler = async (batch: readonly Delivery[]) => {
      told.push(...batch.map(({ value }) => String(value)));
      stop.abort();
    };
    await again.consume('t', 'g', handler, { signal: stop.signal, onHole });
    expect(told).toEqual(['hole [1, 2)', 'c']);
    await again.close();
  });

  test('old messages go only after every group has handled them, and numbers go on', async () => {
    const directory = folder();
    const valuesIn = async (bus: Bus) => {
      const values: string[] = [];
      for await (const delivery of bus.peek('t')) values.push(`${delivery.offset}:${String(delivery.value)}`);
      return values;
    };
    /** Opens the bus, which forgets old messages at its first publication, and publishes one. */
    const publish = async (value: string, retentionHours?: number) => {
      const bus = openEmbeddedBus(directory, retentionHours === undefined ? {} : { retentionHours });
      await bus.publish('t', [{ key: 'k', value: Buffer.from(value) }]);
      return bus;
    };
    let bus = await publish('a');
    expect(await take(bus, 't', 'one', 1)).toHaveLength(1);
    await bus.close();

    bus = await publish('b');
    expect(await valuesIn(bus)).toEqual(['0:a', '1:b']);
    await take(bus, 't', 'two', 1, 1);
    await bus.close();

    // With a retention below zero everything is old. Group "one" has handled a, group "two" has too.
    bus = await publish('c', -1);
    expect(await valuesIn(bus)).toEqual(['1:b', '2:c']);
    await take(bus, 't', 'one', 2);
    await take(bus, 't', 'two', 2);
    await bus.close();

    bus = await publish('d', -1);
    expect(await valuesIn(bus)).toEqual(['3:d']);
    expect(await bus.lag('t', 'one')).toBe(1);
    expect(await bus.lag('t', 'new')).toBe(1);
    await bus.close();
  });

  test.each([20, 60, 110, 170])('killed after %i ms: nothing acknowledged is lost', async (afterMs) => {
    const directory = folder();
    const child = fork(join(import.meta.dirname, '../testing/publish-forever.ts'), [directory], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let acknowledged = -1;
    child.on('message', (last: number) => (acknowledged = last));
    await Promise.race([once(child, 'message'), once(child, 'close')]);
    await new Promise((wake) => setTimeout(wake, afterMs));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');

    const bus = openEmbeddedBus(directory);
    const values: number[] = [];
    for await (const delivery of bus.peek('t')) values.push(Number(Buffer.from(delivery.value).toString()));
    await bus.close();
    expect(acknowledged).toBeGreaterThanOrEqual(0);
    expect(values.length).toBeGreaterThan(acknowledged);
    expect(values).toEqual(values.map((_, i) => i));
  });
});
