import { afterEach, expect, test, vi } from 'vitest';
import { threadThat } from '../testing/thread-that.ts';
import { Busy } from './capacity.ts';
import { inThread, TookTooMuch, type Meter } from './in-thread.ts';

const FOREVER = 'for (;;);';
const MEGABYTES = 64;

afterEach(() => void vi.useRealTimers());

test('what waits for a processor longer than it may take of one is done, and has taken little', async () => {
  const meter: Meter = { milliseconds: 0 };
  const seconds = 0.4;
  const start = performance.now();
  const done = inThread(threadThat('waits(800)'), {}, { megabytes: MEGABYTES, seconds }, meter);
  expect(await done).toBe('done');
  expect(performance.now() - start).toBeGreaterThan(800);
  expect(meter.milliseconds).toBeLessThan(seconds * 1_000);
});

test('what takes more of a processor than it may is ended, and what it took is counted', async () => {
  const meter: Meter = { milliseconds: 0 };
  const limits = { megabytes: MEGABYTES, seconds: 0.3 };
  const ended = await inThread(threadThat(FOREVER), {}, limits, meter).catch((error: unknown) => error);
  expect(ended).toEqual(new TookTooMuch('it takes more than 0.3 seconds'));
  expect(meter.milliseconds).toBeGreaterThan(300);
});

test('what gets no processor is not judged: it is ended, and whoever asked may ask again', async () => {
  const limits = { megabytes: MEGABYTES, seconds: 0.02 };
  await expect(inThread(threadThat('waits(60_000)'), {}, limits)).rejects.toThrow(Busy);
});

test('a thread that does not start is not judged either', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const done = inThread(threadThat(''), {}, { megabytes: MEGABYTES, seconds: 1 });
  vi.advanceTimersByTime(30_000);
  await expect(done).rejects.toThrow(Busy);
});

test('what takes more memory than it may is ended', async () => {
  const grows = 'const all = []; for (;;) all.push(new Array(1_000).fill(0.5))';
  await expect(inThread(threadThat(grows), {}, { megabytes: 32, seconds: 30 })).rejects.toThrow(
    new TookTooMuch('it takes more than 32 megabytes of memory'),
  );
});

test('what it throws is told', async () => {
  const limits = { megabytes: MEGABYTES, seconds: 1 };
  await expect(inThread(threadThat('throw new Error("no")'), {}, limits)).rejects.toThrow('no');
});
