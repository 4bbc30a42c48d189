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
    { numRuns: 80 },
  );
});

const sinceOf = (source: string, read: readonly ToldByLog[]): number =>
  Math.min(...read.filter(({ file }) => file.source === source).map(({ change }) => change.at));

test('of a request that another API server carried out both logs tell, by other names and at once', async () => {
  const stores = openEmbedded(':memory:');
  const now = Date.parse('2026-11-25T00:00:00Z');
  // Each handles partitions of its own.
  const [one, other] = [0, 1].map(() => new Identities(cellOver(new Map([['one', stores]])), () => now));
  const told = (teller: string, name: string, group: string, what: string) => {
    const eventId = `1b4e28ba-2fa1-4d5e-883f-0016d3cca427.${teller}.0.create.x`;
    const key = { group, resource: 'globalnetworkpolicies', namespace: '', name };
    const change = { cluster: 'one', id: eventId, eventId, ...key, what, uid: name, at: 1, receivedAt: 1 };
    const delivery = { publishedAt: now, headers: { [TELLER_HEADER]: `${teller}.log@0123456789abcdef@r` } };
    return [[change], [delivery]] as unknown as [ResourceChange[], Delivery[]];
  };
  await one!.check(...told('kube', 'shop', '', 'present'));
  await Promise.all([
    one!.check(...told('kube', '', 'projectcalico.org', 'doubtful')),
    other!.check(...told('calico', 'web', 'projectcalico.org', 'present')),
  ]);
  expect(openSources(whoseOf(await stores.tellers.facts()))).toEqual([]);
  await stores.close();
});

test('who tells of nothing but attempts that were refused is in doubt as well: they may be another cluster’s', async () => {
  const stores = openEmbedded(':memory:');
  const identities = new Identities(cellOver(new Map([['one', stores]])));
  const key = { group: '', resource: 'pods', namespace: 'shop', name: 'web' };
  for (const log of ['a', 'b']) {
    const headers = { [TELLER_HEADER]: `${log}.log@0123456789abcdef@r` };
    const event = { cluster: 'one', ...key, eventId: log, at: 7, verb: 'create', outcome: 'refused' };
    await identities.check([event], [{ publishedAt: 1, headers } as unknown as Delivery]);
  }
  const whose = whoseOf(await stores.tellers.facts());
  expect(tellerMarks(whose).map(({ problems }) => problems[0]!.after)).toEqual([7]);
  await stores.close();
});
