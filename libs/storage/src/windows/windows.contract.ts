import type { ReportWindow } from '@margay/contracts';
import { describe, expect, test } from 'vitest';
import {
  allWindows,
  type KnownReport,
  type WindowFilter,
  type Windows,
  type WindowState,
} from './windows.ts';

const window = (id: string, more: Partial<ReportWindow> = {}): ReportWindow => ({
  cluster: 'c',
  id,
  reportName: 'daily',
  reportType: 'inventory',
  spec: { schedule: '0 0 * * *', endpoints: { selector: "env == 'prod'" } },
  start: 1_000,
  end: 2_000,
  manual: false,
  ...more,
});

/** What all windows must do. `open` gives empty ones. */
export function windowsContract(name: string, open: () => Promise<Windows>) {
  describe(`windows contract: ${name}`, () => {
    test('a window is kept once, whoever emits it', async () => {
      const windows = await open();
      expect(await windows.emit([window('a'), window('b')], 10)).toEqual([window('a'), window('b')]);
      expect(await windows.emit([window('b'), window('c')], 20)).toEqual([window('c')]);
      expect(await windows.get('b')).toEqual({
        window: window('b'),
        state: 'emitted',
        attempt: 0,
        emittedAt: 10,
        changedAt: 10,
      });
      expect(await windows.get('z')).toBeUndefined();
    });

    type Step = ['begin', number] | ['fail', number] | ['complete'];
    test.each<[string, Step[], WindowState, number]>([
      ['begins', [['begin', 1]], 'running', 1],
      [
        'is tried again',
        [
          ['begin', 1],
          ['begin', 2],
        ],
        'running',
        2,
      ],
      ['completes', [['begin', 1], ['complete']], 'completed', 1],
      ['stays completed when late news come', [['complete'], ['begin', 3], ['fail', 6]], 'completed', 0],
      [
        'fails',
        [
          ['begin', 6],
          ['fail', 6],
        ],
        'failed',
        6,
      ],
      [
        'stays failed when late news come',
        [
          ['fail', 6],
          ['begin', 6],
          ['begin', 5],
        ],
        'failed',
        6,
      ],
      [
        'is tried anew after it failed',
        [
          ['fail', 6],
          ['begin', 7],
        ],
        'running',
        7,
      ],
      ['completes after all', [['fail', 6], ['complete']], 'completed', 6],
      ['the same news twice', [['begin', 1], ['begin', 1], ['complete'], ['complete']], 'completed', 1],
    ])('a window %s', async (_, steps, state, attempt) => {
      const windows = await open();
      await windows.emit([window('a')], 10);
      for (const [i, [step, n]] of steps.entries()) {
        if (step === 'begin') await windows.begin('a', n, 20 + i);
        else if (step === 'fail') await windows.fail('a', 'the reason', n, 20 + i);
        else await windows.complete('a', 20 + i);
      }
      const found = await windows.get('a');
      expect(found).toMatchObject({ state, attempt, emittedAt: 10 });
      expect(found?.reason).toBe(state === 'failed' ? 'the reason' : undefined);
    });

    test('news of a window that is not known do nothing', async () => {
      const windows = await open();
      await windows.begin('a', 1, 10);
      await windows.complete('a', 10);
      expect(await windows.get('a')).toBeUndefined();
    });

    test('the scheduler sees where to go on and how much is active', async () => {
      const windows = await open();
      expect(await windows.lastEnd('daily')).toBeUndefined();
      expect(await windows.active('daily')).toBe(0);
      await windows.emit(
        [
          window('a', { end: 1_764_086_400_000_001 }),
          window('b', { end: 1_764_086_400_000_000 }),
          window('c', { end: 1_764_086_400_000_009, manual: true }),
          window('d', { end: 1_764_086_400_000_008, reportName: 'weekly' }),
          window('e'),
        ],
        10,
      );
      await windows.begin('a', 1, 11);
      await windows.complete('b', 11);
      await windows.fail('e', 'why', 6, 11);
      expect(await windows.lastEnd('daily')).toBe(1_764_086_400_000_001);
      expect(await windows.active('daily')).toBe(1);
      expect(await windows.lastEnd('weekly')).toBe(1_764_086_400_000_008);
      expect(await windows.active('weekly')).toBe(1);
    });

    test('the first of the scheduled windows is where the schedule began', async () => {
      const windows = await open();
      expect(await windows.firstStart('daily')).toBeUndefined();
      await windows.emit(
        [
          window('a', { start: 500, end: 600 }),
          window('b', { start: 400, end: 500 }),
          window('c', { start: 1, end: 2, manual: true }),
          window('d', { start: 2, end: 3, reportName: 'weekly' }),
        ],
        10,
      );
      expect(await windows.firstStart('daily')).toBe(400);
    });

    test('a window that failed is asked for again; others go on as they are', async () => {
      const windows = await open();
      await windows.emit([window('a'), window('b')], 10);
      await windows.fail('a', 'no disk', 7, 20);
      await windows.begin('b', 1, 20);
      await windows.again('a', 30);
      await windows.again('b', 30);
      await windows.again('c', 30);
      expect(await windows.get('a')).toEqual({
        window: window('a'),
        state: 'emitted',
        attempt: 0,
        emittedAt: 30,
        changedAt: 30,
      });
      expect(await windows.get('b')).toMatchObject({ state: 'running', changedAt: 20 });
      await windows.begin('a', 1, 40);
      expect(await windows.get('a')).toMatchObject({ state: 'running', attempt: 1 });
    });

    test('the GlobalReports are those that were kept last', async () => {
      const windows = await open();
      expect(await windows.reports()).toEqual([]);
      const known = (name: string): KnownReport => ({
        name,
        reportType: 'exposure',
        spec: { reportType: 'exposure', schedule: '0 0 * * *' },
        typeSpec: { includeEndpointData: true },
        next: { start: 1_764_086_400_000_001, end: 1_764_172_800_000_000, due: 1_764_174_600_000_000 },
      });
      await windows.keepReports([known('weekly'), known('daily')]);
      expect(await windows.reports()).toEqual([known('daily'), known('weekly')]);
      const { next: _, ...suspended } = known('daily');
      await windows.keepReports([suspended]);
      expect(await windows.reports()).toEqual([suspended]);
    });

    test('a report appears once', async () => {
      const windows = await open();
      expect(await windows.appeared('daily', 1_764_086_400_000_001)).toBe(1_764_086_400_000_001);
      expect(await windows.appeared('daily', 99)).toBe(1_764_086_400_000_001);
      expect(await windows.appeared('weekly', 99)).toBe(99);
    });

    test('a run over many clusters keeps which were chosen, and is found among the others', async () => {
      const windows = await open();
      const parent = { ...window('p', { end: 5 }), clusters: ['alpha', 'beta'], nonce: 'n' };
      const otherwise = { ...parent, clusters: ['gamma'] };
      await windows.emit([parent, window('a')], 10);
      // Whoever chooses otherwise later finds the choice that was kept.
      expect(await windows.emit([otherwise], 20)).toEqual([]);
      expect((await windows.get('p'))?.window).toEqual(parent);
      await windows.begin('p', 1, 30);
      await windows.fail('p', '1 of 2 clusters has no report', 1, 40);
      expect(await windows.list({ parents: true })).toEqual([
        {
          window: parent,
          state: 'failed',
          attempt: 1,
          reason: '1 of 2 clusters has no report',
          emittedAt: 10,
          changedAt: 40,
        },
      ]);
      expect(await windows.list({ parents: true, states: ['emitted'] })).toEqual([]);
      expect(await windows.list({})).toHaveLength(2);
    });

    test('windows are listed page by page, of the reports that are named, to the last one', async () => {
      const windows = await open();
      // Many end at the same instant, as those of one schedule do.
      const all = Array.from({ length: 23 }, (_, i) =>
        window(`w${String(i).padStart(2, '0')}`, { end: 1 + (i % 3), reportName: `r${i % 4}` }),
      );
      await windows.emit(all, 10);
      const inOrder = (found: readonly ReportWindow[]) =>
        found.toSorted((a, b) => b.end - a.end || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
      const paged = async (filter: WindowFilter, page: number) =>
        (await allWindows(windows, filter, page)).map((record) => record.window.id);
      for (const page of [1, 5, 23, 24]) expect(await paged({}, page)).toEqual(inOrder(all));
      const some = all.filter(({ reportName }) => reportName === 'r1' || reportName === 'r3');
      expect(await paged({ reportNames: ['r1', 'r3'] }, 4)).toEqual(inOrder(some));
      expect(await paged({ reportNames: [] }, 4)).toEqual([]);
    });

    test('runs over many clusters are counted by report, without windows of one cluster', async () => {
      const windows = await open();
      expect(await windows.parentReports()).toEqual(new Map());
      const parent = (id: string, reportName: string) => ({
        ...window(id, { reportName }),
        clusters: ['alpha'],
        nonce: 'n',
      });
      await windows.emit([parent('a', 'all'), parent('b', 'all'), parent('c', 'edge'), window('d')], 10);
      expect(await windows.parentReports()).toEqual(
        new Map([
          ['all', 2],
          ['edge', 1],
        ]),
      );
    });

    test('windows are listed newest first', async () => {
      const windows = await open();
      await windows.emit(
        [
          window('a', { end: 1 }),
          window('c', { end: 3 }),
          window('b', { end: 3, reportName: 'weekly' }),
          window('d'),
        ],
        10,
      );
      await windows.begin('c', 1, 11);
      const ids = async (filter?: Parameters<Windows['list']>[0]) =>
        (await windows.list(filter)).map((record) => record.window.id);
      expect(await ids()).toEqual(['d', 'b', 'c', 'a']);
      expect(await ids({ reportName: 'daily' })).toEqual(['d', 'c', 'a']);
      expect(await ids({ states: ['running', 'failed'] })).toEqual(['c']);
      expect(await ids({ limit: 2 })).toEqual(['d', 'b']);
    });
  });
}
