import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { busContract, take } from './bus.contract.ts';
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

  test('old messages go only after every group has handled them', async () => {
    const bus = openEmbeddedBus(':memory:', { retentionHours: -1 });
    const publish = (value: string) => bus.publish('t', [{ key: 'k', value: Buffer.from(value) }]);
    await publish('a');
    await publish('b');
    const seen: string[] = [];
    for await (const delivery of bus.peek('t')) seen.push(Buffer.from(delivery.value).toString());
    expect(seen).toEqual(['a', 'b']);
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
    await once(child, 'message');
    await new Promise((wake) => setTimeout(wake, afterMs));
    child.kill('SIGKILL');
    await once(child, 'close');

    const bus = openEmbeddedBus(directory);
    const values: number[] = [];
    for await (const delivery of bus.peek('t')) values.push(Number(Buffer.from(delivery.value).toString()));
    await bus.close();
    expect(acknowledged).toBeGreaterThanOrEqual(0);
    expect(values.length).toBeGreaterThan(acknowledged);
    expect(values).toEqual(values.map((_, i) => i));
  });
});
