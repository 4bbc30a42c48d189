import { TELLER_HEADER, type ResourceChange } from '@margay/contracts';
import { openSources, sourceName, tellerMarks, tellerOf, whoseOf } from '@margay/coverage';
import { notTiedTo, toldByLogs, type ToldByLog } from '@margay/history/testing';
import type { Delivery } from '@margay/messaging';
import { cellOver, openEmbedded } from '@margay/storage';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Identities } from './identities.ts';

const READER = 'margay-0';

test('of the files that one reader is given just those are in doubt, from their first event on, that nothing ties to the one that was read first, however they grow', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 25, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(toldByLogs, sizes, async (told, batches) => {
      const stores = openEmbedded(':memory:');
      let now = Date.parse('2026-11-25T00:00:00Z');
      const identities = new Identities(cellOver(new Map([['one', stores]])), () => now);
      const deliveryOf = ({ file }: ToldByLog) =>
        ({
          publishedAt: now,
          headers: { [TELLER_HEADER]: tellerOf(READER, file.source) },
        }) as unknown as Delivery;
      let read: readonly ToldByLog[] = [];
      for (const size of batches) {
        const batch = told.slice(read.length, read.length + size);
        if (batch.length === 0) break;
        now += 60_000;
        const changes = batch.map(({ change }) => ({ cluster: 'one', ...change }) as ResourceChange);
        await identities.check(changes, batch.map(deliveryOf));
        await stores.history.append(changes);
        const marks = batch.map(({ file: { source, goesOnFrom } }) => ({
          cluster: 'one',
          source,
          ...(goesOnFrom !== undefined && { goesOnFrom }),
        }));
        await identities.check(marks, batch.map(deliveryOf));
        read = [...read, ...batch];
        const whose = whoseOf(await stores.tellers.facts());
        const open = notTiedTo(told[0]!.file.source, read);
        expect([...openSources(whose)].sort()).toEqual(open.map(sourceName));
        const since = tellerMarks(whose).map(({ problems }) => String(problems[0]!.after));
        expect(since.sort()).toEqual(open.map((source) => String(sinceOf(source, read))).sort());
      }
      await stores.close();
    }),
    { numRuns: 150 },
  );
});

const sinceOf = (source: string, read: readonly ToldByLog[]): number =>
  Math.min(...read.filter(({ file }) => file.source === source).map(({ change }) => change.at));
