import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { computeInThread, TookTooLong } from './compute-in-thread.ts';

const WINDOW = {
  cluster: 'c',
  id: 'w1',
  reportName: 'daily',
  reportType: 'inventory',
  spec: { reportType: 'inventory' },
  start: 0,
  end: 1_000,
  manual: false,
};

test('a thread that hangs is ended, and the next window gets another one', async () => {
  // An archive that takes connections and never answers.
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { readonly port: number };
  const compute = computeInThread(
    { elasticsearch: { nodes: [`http://127.0.0.1:${port}`] } },
    { limitMilliseconds: 2_000 },
  );
  for (let i = 0; i < 2; i++)
    await expect(compute(WINDOW)).rejects.toThrow(
      new TookTooLong('The report of w1 was not computed within 2 seconds: its thread was ended'),
    );
});

test('one that ends in time is not ended, nor is the next one', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'margay-thread-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  await openEmbedded(directory).close();
  const compute = computeInThread({ directory }, { limitMilliseconds: 20_000 });
  const [one, other] = [await compute(WINDOW), await compute(WINDOW)];
  expect(other.digest).toBe(one.digest);
});
