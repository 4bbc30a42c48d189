import { describe, expect, test } from 'vitest';
import { collect } from '../testing/collect.ts';
import { AlreadyArchived, type Archive, type ArchivedHeader, type ReportRecord } from './archive.ts';
import { isIntact } from './digests.ts';

const END = 1_764_086_400_000_000;

const report = (id: string, more: Partial<ReportRecord> = {}): ReportRecord => ({
  id,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  start: 1_764_000_000_000_000,
  end: END,
  generatedAt: 1_764_088_200_000_001,
  digest: `digest of ${id}`,
  parts: [],
  content: { summary: { endpoints: 3 }, notes: ['a', null, 1.5] },
  ...more,
});

/** What every archive must do. `open` gives an empty one. */
export function archiveContract(name: string, open: () => Promise<Archive>) {
  describe(`archive contract: ${name}`, () => {
    test('a report is visible only when complete', async () => {
      const archive = await open();
      const rows = [{ endpoint: 'a', flags: [true, null] }, { endpoint: 'ü' }];
      const parts = [
        await archive.appendPart({ reportId: 'r1', end: END, part: 0, kind: 'a', rows }),
        await archive.appendPart({ reportId: 'r1', end: END, part: 1, kind: 'b', rows: [] }),
      ];
      expect(await archive.header('r1')).toBeUndefined();
      expect(await archive.part('r1', 0)).toBeUndefined();
      expect(await collect(archive.parts('r1'))).toEqual([]);
      expect((await archive.headers()).headers).toEqual([]);

      const kept = await archive.complete(report('r1', { parts }));
      expect(kept).toMatchObject(report('r1', { parts }));
      expect(await archive.header('r1')).toEqual(kept);
      expect((await archive.headers()).headers).toEqual([kept]);
      expect(await archive.part('r1', 0)).toEqual(rows);
      expect(await archive.part('r1', 2)).toBeUndefined();
      expect(await collect(archive.parts('r1'))).toEqual([rows, []]);
      expect(await collect(archive.parts('r1', 'b'))).toEqual([[]]);
      expect(parts).toMatchObject([
        { kind: 'a', rows: 2 },
        { kind: 'b', rows: 0 },
      ]);
    });

    test('the same part and the same report again do nothing', async () => {
      const archive = await open();
      const part = { reportId: 'r1', end: END, part: 0, kind: 'a', rows: [1, 2] };
      const entry = await archive.appendPart(part);
      expect(await archive.appendPart(part)).toEqual(entry);
      const kept = await archive.complete(report('r1', { parts: [entry] }));
      expect(await archive.complete(report('r1', { parts: [entry], generatedAt: 1 }))).toEqual(kept);
      expect(await collect(archive.parts('r1'))).toEqual([[1, 2]]);
      expect((await archive.headers()).headers).toHaveLength(1);
    });

    test('a big part comes back whole', async () => {
      const archive = await open();
      const rows = Array.from({ length: 1_000 }, (_, i) => ({
        endpoint: `pod-${i}`,
        policies: 'ü'.repeat(500),
      }));
      const parts = [await archive.appendPart({ reportId: 'r1', end: END, part: 0, kind: 'a', rows })];
      await archive.complete(report('r1', { parts }));
      expect(await archive.part('r1', 0)).toEqual(rows);
    });

    test('another report under the same id is refused', async () => {
      const archive = await open();
      const kept = await archive.complete(report('r1'));
      const again = archive.complete(report('r1', { digest: 'another' }));
      await expect(again).rejects.toThrow(AlreadyArchived);
      expect(await archive.header('r1')).toEqual(kept);
    });

    test('what an interrupted attempt left behind is not in the report', async () => {
      const archive = await open();
      await archive.appendPart({
        reportId: 'r1',
        end: END,
        part: 0,
        kind: 'a',
        rows: ['of the first attempt'],
      });
      await archive.appendPart({
        reportId: 'r1',
        end: END,
        part: 1,
        kind: 'a',
        rows: ['of the first attempt'],
      });
      const parts = [
        await archive.appendPart({ reportId: 'r1', end: END, part: 0, kind: 'a', rows: ['of the second'] }),
      ];
      await archive.complete(report('r1', { parts }));
      expect(await collect(archive.parts('r1'))).toEqual([['of the second']]);
    });

    test('a header that names a part which is not there is refused', async () => {
      const archive = await open();
      await expect(
        archive.complete(report('r1', { parts: [{ kind: 'a', digest: 'f'.repeat(64), rows: 1 }] })),
      ).rejects.toThrow(/Part 0 of report r1/);
      expect(await archive.header('r1')).toBeUndefined();
    });

    test('headers of one report name form a chain', async () => {
      const archive = await open();
      const first = await archive.complete(report('a'));
      const other = await archive.complete(report('x', { reportName: 'weekly' }));
      const second = await archive.complete(report('b'));
      const third = await archive.complete(report('c'));
      expect([first.sequence, second.sequence, third.sequence, other.sequence]).toEqual([1, 2, 3, 1]);
      expect([first.previous, second.previous, third.previous]).toEqual([
        undefined,
        first.headerDigest,
        second.headerDigest,
      ]);
      for (const header of [first, second, third, other]) {
        expect(isIntact(header)).toBe(true);
        expect(isIntact({ ...header, end: header.end + 1 })).toBe(false);
      }
    });

    test('reports completed at the same time are all in the chain', async () => {
      const archive = await open();
      const ids = Array.from({ length: 8 }, (_, i) => `r${i}`);
      const kept = await Promise.all(ids.map((id) => archive.complete(report(id))));
      const chain = kept.toSorted((a, b) => a.sequence - b.sequence);
      expect(chain.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(chain.slice(1).map(({ previous }) => previous)).toEqual(
        chain.slice(0, -1).map(({ headerDigest }) => headerDigest),
      );
    });

    test('revisions of a window stay beside each other, and each says what it is', async () => {
      const archive = await open();
      const window = { start: report('a').start, end: END };
      const first = await archive.complete(report('a'));
      const third = await archive.complete(report('a-r3', { revision: 3, supersedes: 'a-r2' }));
      const second = await archive.complete(
        report('a-r2', { revision: 2, supersedes: 'a', digest: first.digest, read: { changes: 7 } }),
      );
      await archive.complete(report('b', { start: window.start + 1 }));
      await archive.complete(report('c', { end: window.end + 1 }));
      await archive.complete(report('d', { reportName: 'weekly' }));
      expect(await archive.revisions('daily', window)).toEqual([first, second, third]);
      expect(await archive.header('a-r2')).toMatchObject({
        revision: 2,
        supersedes: 'a',
        read: { changes: 7 },
      });
      expect(isIntact({ ...second, revision: 4 })).toBe(false);
      expect(await archive.revisions('daily', { start: 1, end: 2 })).toEqual([]);
    });

    test('the newest of each name is the one that was archived last, whatever its window', async () => {
      const archive = await open();
      expect(await archive.newest()).toEqual([]);
      await archive.complete(report('w1', { reportName: 'weekly' }));
      await archive.complete(report('d1'));
      const weekly = await archive.complete(report('w2', { reportName: 'weekly', end: END + 1 }));
      await archive.complete(report('d2', { end: END + 2 }));
      const daily = await archive.complete(report('d3', { end: END + 1 }));
      expect(await archive.newest()).toEqual([daily, weekly]);
      const next = await archive.complete(report('d4', { end: END + 3 }));
      expect(await archive.newest()).toEqual([next, weekly]);
    });

    test('every header is among all of them, whatever its window, once', async () => {
      const archive = await open();
      const archived: ArchivedHeader[] = [];
      // More than any store reads at once, ten at the same time.
      for (let i = 0; i < 140; i += 10) {
        const ten = Array.from({ length: 10 }, (_, j) =>
          archive.complete(report(`r${i + j}`, { end: END + (((i + j) * 7) % 140) })),
        );
        archived.push(...(await Promise.all(ten)));
      }
      const kept = archived.sort((a, b) => a.sequence - b.sequence);
      const all = await collect(archive.all());
      expect(all.map(({ header }) => header.id).sort()).toEqual(kept.map(({ id }) => id).sort());
      for (const { header, isMisplaced } of all) {
        expect(isMisplaced).toBe(false);
        expect(kept[header.sequence - 1]).toEqual(header);
      }
    });

    test('headers come newest first, page after page, filtered by name and type', async () => {
      const archive = await open();
      for (let i = 0; i < 7; i++) {
        await archive.complete(
          report(`r${i}`, {
            end: END + (i >> 1),
            reportName: i % 2 ? 'odd' : 'even',
            reportType: i < 3 ? 'inventory' : 'network-access',
          }),
        );
      }
      const ids = async (filter: Parameters<Archive['headers']>[0]) =>
        (await archive.headers(filter)).headers.map(({ id }) => id);
      expect(await ids({})).toEqual(['r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0']);
      expect(await ids({ reportName: 'odd' })).toEqual(['r5', 'r3', 'r1']);
      expect(await ids({ reportName: 'even', reportType: 'inventory' })).toEqual(['r2', 'r0']);

      const paged: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await archive.headers({ limit: 3, ...(cursor !== undefined && { cursor }) });
        paged.push(...page.headers.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(paged).toEqual(['r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0']);
      await expect(archive.headers({ cursor: 'nonsense' })).rejects.toThrow(/no cursor/);
    });
  });
}
