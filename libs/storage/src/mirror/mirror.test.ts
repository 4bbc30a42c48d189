import { readCheckpoint, readEntry, signCheckpoint, signingKey, verifierKeyText } from '@margay/ledger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReportRecord } from '../archive/archive.ts';
import { openEmbedded } from '../embedded.ts';
import { logReports } from '../ledger/append.ts';
import { loggedReport } from '../ledger/proofs.ts';
import { OtherLog, type ToldNews } from './mirror.ts';

const key = signingKey('margay.example/c', new Uint8Array(32).fill(1));
const signersAt = () => [verifierKeyText(key)];
const MINUTE = 60_000_000;

const report = (id: string, more: Partial<ReportRecord> = {}): ReportRecord => ({
  id,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  start: 0,
  end: 10,
  generatedAt: 20,
  digest: id.repeat(8),
  parts: [{ kind: 'endpoints', digest: 'd', rows: 7 }],
  content: { evidence: { sources: null } },
  ...more,
});

/** A cell that archives and logs these reports, one after the other. */
async function cellOf(...ids: readonly string[]) {
  const stores = openEmbedded(':memory:');
  const told: ToldNews[] = [];
  for (const [i, id] of ids.entries()) {
    const header = await stores.archive.complete(report(id, { parts: [] }));
    await logReports(stores, [header], key);
    told.push(await newsOf(stores, id, (i + 1) * MINUTE));
  }
  return { stores, news: told };
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** What a cell tells of a report when its log is as it is now. */
async function newsOf(
  { ledger, archive }: ReturnType<typeof openEmbedded>,
  id: string,
  signedAt: number,
): Promise<ToldNews> {
  const { entry, checkpoint } = (await loggedReport(ledger, id))!;
  const { size, root } = readCheckpoint(Buffer.from(checkpoint), []);
  const number = (await ledger.numbersOf([id])).get(id)!;
  return {
    head: { size, root, checkpoint, key: verifierKeyText(key) },
    entries: [{ number, run: readEntry(entry).run, bytes: entry }],
    header: (await archive.header(id))!,
    signedAt,
    signersAt,
  };
}

const hub = () => openEmbedded(':memory:', { isOfHub: true });

/** All that a hub has of a cluster. */
async function stateOf({ mirror, ledger, archive }: ReturnType<typeof hub>) {
  const head = await ledger.head();
  return {
    standing: await mirror!.standing(),
    head,
    entries: (await ledger.entries(0, head?.size ?? 0)).map(readEntry),
    headers: (await archive.headers()).headers,
  };
}

test('in whichever order and how often news comes, a hub has what the cell has', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const { stores: cell, news } = await cellOf(...ids);
  const { headers } = await cell.archive.headers();
  const head = await cell.ledger.head();
  const order = fc
    .tuple(fc.shuffledSubarray(ids, { minLength: ids.length }), fc.array(fc.constantFrom(...ids)))
    .map(([each, again]) => [...each, ...again]);
  await fc.assert(
    fc.asyncProperty(order, async (told) => {
      const stores = hub();
      for (const id of told) await stores.mirror!.keep(news[ids.indexOf(id)]!);
      expect(await stateOf(stores)).toEqual({
        standing: { heard: 6 * MINUTE, told: 6, shown: 6, missing: [], missingEntries: 0 },
        head,
        entries: (await cell.ledger.entries(0, 6)).map(readEntry),
        headers,
      });
      await stores.close();
    }),
    { numRuns: 60 },
  );
});

test('whichever news is lost, what has not come is known by its numbers, and the same in any order', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const { news } = await cellOf(...ids);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 1 }), async (come) => {
      const stores = hub();
      for (const i of come) await stores.mirror!.keep(news[i]!);
      const { told, shown, missing, missingEntries } = await stores.mirror!.standing();
      const absent = [...missing].flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, i) => from + i),
      );
      const last = Math.max(...come);
      expect(told).toBe(last + 1);
      expect(absent).toEqual(Array.from({ length: last }, (_, i) => i).filter((i) => !come.includes(i)));
      expect(missingEntries).toBe(absent.length);
      expect(shown).toBe(absent[0] ?? told);
      // What came is there to look at, whatever is missing before it.
      expect((await stores.archive.headers()).headers.map(({ id }) => id).sort(byText)).toEqual(
        come.map((i) => ids[i]!).sort(byText),
      );
      await stores.close();
    }),
    { numRuns: 60 },
  );
});

test('what is missing comes when the cell tells it again, with proofs in its log of by then', async () => {
  const ids = ['a', 'b', 'c', 'd'];
  const { stores: cell, news } = await cellOf(...ids);
  const stores = hub();
  await stores.mirror!.keep(news[3]!);
  expect((await stores.mirror!.standing()).missing).toEqual([{ from: 0, to: 2 }]);
  for (const id of ['c', 'a', 'b']) await stores.mirror!.keep(await newsOf(cell, id, 9 * MINUTE));
  expect(await stores.mirror!.standing()).toEqual({
    heard: 9 * MINUTE,
    told: 4,
    shown: 4,
    missing: [],
    missingEntries: 0,
  });
  expect(await stores.ledger.head()).toEqual(await cell.ledger.head());
});

test('of a log that forked the one that was told first is kept, and nothing more is taken', async () => {
  const ours = await cellOf('a', 'b', 'c');
  const forks = {
    entry: await cellOf('a', 'x', 'y'),
    'older state, gone on with': await cellOf('a', 'b', 'x'),
  };
  for (const fork of Object.values(forks)) {
    const stores = hub();
    for (const news of ours.news) await stores.mirror!.keep(news);
    const before = await stateOf(stores);
    await expect(stores.mirror!.keep(fork.news[2]!)).rejects.toThrow(OtherLog);
    const { standing, ...kept } = await stateOf(stores);
    expect({ ...kept, standing: { ...standing, forked: undefined } }).toEqual({
      ...before,
      standing: { ...before.standing, forked: undefined },
    });
    expect(standing.forked).toContain('somebody has the log');
    await expect(stores.mirror!.keep(ours.news[0]!)).rejects.toThrow(OtherLog);
    await stores.close();
  }
});

test('a fork is found when what was missing comes', async () => {
  const ours = await cellOf('a', 'b', 'c');
  const fork = await cellOf('x', 'b', 'c');
  const stores = hub();
  await stores.mirror!.keep(ours.news[0]!);
  await stores.mirror!.keep(fork.news[2]!);
  expect((await stores.mirror!.standing()).forked).toBeUndefined();
  await expect(stores.mirror!.keep(ours.news[1]!)).rejects.toThrow(OtherLog);
});

test('a signed head that does not fit its entries is a fork, too', async () => {
  const { news } = await cellOf('a', 'b');
  const stores = hub();
  await stores.mirror!.keep(news[0]!);
  const root = new Uint8Array(32).fill(7);
  const forged = {
    size: 2,
    root,
    checkpoint: signCheckpoint({ size: 2, root }, key),
    key: verifierKeyText(key),
  };
  await stores.mirror!.keep({ head: forged, entries: [], signedAt: MINUTE, signersAt });
  expect(await stores.mirror!.standing()).toMatchObject({ told: 2, missing: [{ from: 1, to: 1 }] });
  await expect(stores.mirror!.keep(news[1]!)).rejects.toThrow(OtherLog);
});

test('a log that goes back is told of when its shorter head was told long after the longer one', async () => {
  const { news } = await cellOf('a', 'b', 'c');
  const stores = hub();
  for (const each of news) await stores.mirror!.keep(each);
  const again = (signedAt: number) =>
    stores.mirror!.keep({ ...news[0]!, entries: [], header: undefined, signedAt });
  // Of two workers the slower one tells of less.
  await again(4 * MINUTE);
  expect((await stores.mirror!.standing()).wentBackTo).toBeUndefined();
  await again(14 * MINUTE);
  expect((await stores.mirror!.standing()).wentBackTo).toBe(1);
  await stores.mirror!.keep({ ...news[2]!, signedAt: 15 * MINUTE });
  expect((await stores.mirror!.standing()).wentBackTo).toBeUndefined();
});

test('a cluster of another uid is refused, and the first one counts', async () => {
  const { news } = await cellOf('a', 'b');
  const stores = hub();
  await stores.mirror!.keep({ ...news[0]!, uid: 'one' });
  await expect(stores.mirror!.keep({ ...news[1]!, uid: 'other' })).rejects.toMatchObject({
    code: 'other-cluster',
  });
  await stores.mirror!.keep({ ...news[1]!, uid: 'one' });
  expect(await stores.mirror!.standing()).toMatchObject({ shown: 2 });
});

test('of more ranges than are said all entries count', async () => {
  const ids = Array.from({ length: 240 }, (_, i) => `r${i}`);
  const { news } = await cellOf(...ids);
  const stores = hub();
  for (let i = 1; i < ids.length; i += 2) await stores.mirror!.keep(news[i]!);
  const { missing, missingEntries } = await stores.mirror!.standing();
  expect(missing).toHaveLength(100);
  expect(missingEntries).toBe(120);
});
