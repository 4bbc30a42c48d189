import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readiness } from './health.ts';
import { silentLog } from './log.ts';
import { keepRunning, together } from './stages.ts';

const until = (signal: AbortSignal) =>
  sleep(2 ** 30, undefined, { signal }).then(
    () => undefined,
    () => undefined,
  );

test('a stage that fails says why, is started again, and the others go on', async () => {
  const stop = new AbortController();
  let starts = 0;
  const stages = keepRunning(
    {
      flaky: async (signal) => {
        starts++;
        if (starts < 4) throw new Error(`try ${starts}`);
        await until(signal);
      },
      steady: until,
    },
    { signal: stop.signal, log: silentLog, pauseMilliseconds: 5 },
  );
  const run = stages.run();
  await expect.poll(() => starts).toBe(4);
  const { checks } = await readiness(stages.checks);
  expect(checks).toEqual({ flaky: { ready: false, reason: 'try 3' }, steady: { ready: true } });
  stop.abort();
  await run;
});

test('a stage that is done is not started again', async () => {
  let starts = 0;
  const stages = keepRunning(
    { once: async () => void starts++ },
    { signal: new AbortController().signal, log: silentLog },
  );
  await stages.run();
  expect(starts).toBe(1);
});

test('work that belongs together ends together, with the first error', async () => {
  let ended = false;
  const work = together(new AbortController().signal, (signal) => [
    until(signal).then(() => void (ended = true)),
    Promise.reject(new Error('first')),
  ]);
  await expect(work).rejects.toThrow('first');
  expect(ended).toBe(true);
});
