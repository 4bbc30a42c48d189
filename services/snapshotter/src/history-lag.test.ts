import { SECOND } from '@margay/ground';
import { openEmbeddedBus } from '@margay/messaging';
import type { Readiness } from '@margay/runtime/nest';
import { expect, test } from 'vitest';
import { HistoryLag } from './history-lag.ts';

test('a history that is far behind for long is not ready, a burst is a warning', async () => {
  let now = 0;
  const bus = openEmbeddedBus(':memory:');
  const checks: string[] = [];
  const readiness = { add: (name: string) => void checks.push(name) } as unknown as Readiness;
  const lag = new HistoryLag(bus, readiness, () => now);
  lag.onModuleInit();
  expect(checks).toEqual(['history']);
  const at = (seconds: number, waiting: number) => {
    now = seconds * SECOND;
    const said = lag.look(waiting);
    return typeof said === 'object' ? `ready: ${said.warning}` : said;
  };
  expect(at(0, 10_000)).toBeUndefined();
  expect(at(1, 10_001)).toBe('ready: 10001 messages wait to be kept in the history.');
  expect(at(61, 90_000)).toBe('ready: 90000 messages wait to be kept in the history.');
  expect(at(62, 50_000)).toMatch(/^50000 messages wait .* since 61 s: reports wait/);
  expect(at(63, 9_000)).toBeUndefined();
  expect(at(200, 20_000)).toMatch(/^ready/);
  await bus.close();
});
