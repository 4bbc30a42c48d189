import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { TookTooMuch } from '@margay/runtime/own-process';
import { computeInProcess } from './compute-in-process.ts';
import { WINDOW } from './testing/window.ts';

/** A folder of stores in which this many megabytes of policies were changed within the window. */
async function folderOf({ megabytes }: { readonly megabytes: number }): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'margay-process-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const stores = openEmbedded(directory);
  await stores.trail.append(
    Array.from({ length: megabytes }, (_, at) => ({
      eventId: `e${at}`,
      at,
      group: 'networking.k8s.io',
      resource: 'networkpolicies',
      namespace: 'n',
      name: 'p',
      verb: 'update',
      outcome: 'done' as const,
      event: { requestObject: { metadata: { annotations: { text: 'x'.repeat(1_000_000) } } } },
    })),
  );
  await stores.close();
  return directory;
}

const audit = { ...WINDOW, reportType: 'policy-audit', spec: { reportType: 'policy-audit' } };

test('a process that hangs is ended, and the next window gets another one', async () => {
  // An archive that takes connections and never answers.
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { readonly port: number };
  const compute = computeInProcess(
    { elasticsearch: { nodes: [`http://127.0.0.1:${port}`] } },
    { limitMilliseconds: 2_000 },
  );
  for (let i = 0; i < 2; i++)
    await expect(compute(WINDOW)).rejects.toThrow(
      new TookTooMuch('The report of w1 was not computed: it takes more than 2 seconds'),
    );
});

test('one that takes more memory than it may is ended alone, and the next window gets another one', async () => {
  const compute = computeInProcess({ directory: await folderOf({ megabytes: 100 }) }, { megabytes: 80 });
  await expect(compute(audit)).rejects.toThrow(
    new TookTooMuch('The report of w1 was not computed: it takes more than 80 megabytes of memory'),
  );
  expect((await compute(WINDOW)).header).toMatchObject({ reportTypeName: 'inventory' });
});

test('one that ends in time is not ended, nor is the next one', async () => {
  const compute = computeInProcess(
    { directory: await folderOf({ megabytes: 0 }) },
    { limitMilliseconds: 20_000 },
  );
  const [one, other] = [await compute(WINDOW), await compute(WINDOW)];
  expect(other.digest).toBe(one.digest);
});
