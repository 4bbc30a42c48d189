import { openEmbedded, type WindowRecord, type Windows } from '@margay/storage';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openWindows } from './open-windows.ts';

const windowOf = (n: number) => ({
  id: `w${n}`,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  spec: {},
  manual: false,
  start: n,
  end: n + 1,
});

const statesOf = (records: readonly WindowRecord[]) =>
  Object.fromEntries(records.map(({ window, state }) => [window.id, state]));

type Step = (windows: Windows, id: string) => Promise<unknown>;
const STEPS: Readonly<Record<string, Step>> = {
  begin: (windows, id) => windows.begin(id, 1, 1),
  fail: (windows, id) => windows.fail(id, 'broken', 1, 2),
  again: (windows, id) => windows.again(id, 3),
  complete: (windows, id) => windows.complete(id, 4),
};

test('whatever becomes of windows, between any two looks, those that have no report are known', async () => {
  const step = fc.record({ name: fc.constantFrom(...Object.keys(STEPS)), n: fc.integer({ min: 0, max: 5 }) });
  const turns = fc.array(fc.record({ steps: fc.array(step, { maxLength: 4 }), isWhole: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(turns, async (told) => {
      const stores = openEmbedded(':memory:');
      const { windows } = stores;
      await windows.emit([0, 1, 2, 3, 4, 5].map(windowOf), 0);
      const look = openWindows(windows);
      for (const { steps, isWhole } of told) {
        for (const { name, n } of steps) await STEPS[name]!(windows, `w${n}`);
        const seen = await look(isWhole);
        const states = ['emitted', 'running', 'failed'] as const;
        const now = await windows.list({ states });
        // One that was asked for again and completed meanwhile may be told as failed: its report is archived.
        const open = new Set(now.map(({ window }) => window.id));
        expect(statesOf(seen.filter(({ window }) => open.has(window.id)))).toEqual(statesOf(now));
      }
      await stores.close();
    }),
    { numRuns: 60 },
  );
});

test('of ten thousand that failed few are read at each look', async () => {
  const stores = openEmbedded(':memory:');
  const { windows } = stores;
  const all = Array.from({ length: 10_000 }, (_, n) => windowOf(n));
  await windows.emit(all, 0);
  for (const { id } of all) await windows.fail(id, 'broken', 1, 2);
  let read = 0;
  const look = openWindows({
    get: (id) => windows.get(id),
    async list(filter) {
      const some = await windows.list(filter);
      read += some.length;
      return some;
    },
  });
  expect(await look(true)).toHaveLength(10_000);
  read = 0;
  expect(await look(false)).toHaveLength(10_000);
  expect(read).toBeLessThan(300);
  await stores.close();
});
