import { reportsCompleted, reportsFailed } from '@margay/contracts';
import { openEmbeddedBus } from '@margay/messaging';
import { Away } from '@margay/runtime';
import { TookTooMuch } from '@margay/runtime/own-process';
import { DatabaseUnusable, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import type { ComputedReport } from './compute-in-process.ts';
import { workOn } from './work-on-window.ts';
import { WINDOW } from './testing/window.ts';

const COMPUTED: ComputedReport = { header: {} as never, digest: 'd', parts: [], read: {} };

/** Works on a window whose computing fails so, attempt by attempt, and then succeeds. */
async function worked(failures: readonly Error[]) {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  onTestFinished(async () => {
    await bus.close();
    await stores.close();
  });
  await stores.windows.emit([WINDOW], 1);
  const left = [...failures];
  const told: string[] = [];
  const result = await workOn(WINDOW, {
    bus,
    stores,
    compute: async () => {
      const failure = left.shift();
      if (failure !== undefined) throw failure;
      return COMPUTED;
    },
    now: () => 5_000,
    signal: new AbortController().signal,
    retryMilliseconds: 0,
    evidenceMilliseconds: 0,
    tell: {
      failed: (attempt) => void told.push(`failed ${attempt}`),
      away: () => void told.push('away'),
      late: () => void told.push('late'),
      logged: () => void told.push('logged'),
      unlogged: () => void told.push('unlogged'),
      unexplained: () => void told.push('unexplained'),
    },
  });
  const news = async (topic: string) => {
    let count = 0;
    for await (const _ of bus.peek(topic)) count++;
    return count;
  };
  const record = await stores.windows.get(WINDOW.id);
  return {
    said: `${result}, attempt ${record?.attempt}, ${record?.state}`,
    told: told.join(' '),
    news: [await news(reportsCompleted.name), await news(reportsFailed.name)],
  };
}

const away = new Away('Elasticsearch at http://es:9200: reading failed. No node answers');
const hidden = new Error('The process failed', { cause: away });
const wrong = new Error('no memory');
const tooMuch = new TookTooMuch('it takes more than 1800 seconds');
const times = (n: number, error: Error) => Array.from({ length: n }, () => error);

test.each([
  ['nothing fails', [], 'completed, attempt 1, completed', '', [1, 0]],
  [
    'the archive is away for long',
    times(40, away),
    'completed, attempt 1, completed',
    Array(40).fill('away').join(' '),
    [1, 0],
  ],
  ['an outage in the words of another error', [hidden], 'completed, attempt 1, completed', 'away', [1, 0]],
  [
    'it cannot be computed twice',
    times(2, wrong),
    'completed, attempt 3, completed',
    'failed 1 failed 2',
    [1, 0],
  ],
  [
    'an outage between two attempts',
    [wrong, away, wrong],
    'completed, attempt 3, completed',
    'failed 1 away failed 2',
    [1, 0],
  ],
  [
    'it takes too much once',
    [tooMuch, wrong],
    'completed, attempt 3, completed',
    'failed 1 failed 2',
    [1, 0],
  ],
  [
    'it takes too much each time',
    times(9, tooMuch),
    'failed, attempt 2, failed',
    'failed 1 failed 2',
    [0, 1],
  ],
  [
    'it can never be computed',
    times(9, wrong),
    'failed, attempt 7, failed',
    [1, 2, 3, 4, 5, 6, 7].map((n) => `failed ${n}`).join(' '),
    [0, 1],
  ],
])('%s', async (_, failures, said, told, news) => {
  expect(await worked(failures)).toEqual({ said, told, news });
});

test('a database that nobody but a person can mend is no matter of the window: what is wrong is told at once', async () => {
  const damaged = new DatabaseUnusable('corrupt', 'Database /d/margay.db: the file is damaged');
  await expect(worked([damaged])).rejects.toBe(damaged);
  const busy = new DatabaseUnusable('in-use', 'Database /d/margay.db: another process uses it');
  expect((await worked([busy])).told).toBe('failed 1');
});
