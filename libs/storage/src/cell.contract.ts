import { describe, expect, test } from 'vitest';
import type { ReportRecord } from './archive/archive.ts';
import type { Cell } from './cell.ts';

const report = (cluster: string, id: string, reportName: string, end: number): ReportRecord => ({
  id,
  cluster,
  reportName,
  reportType: 'inventory',
  start: end - 1,
  end,
  generatedAt: end,
  digest: `digest of ${id}`,
  parts: [],
  content: {},
});

/** What the stores of several clusters must be. @param open gives empty ones. */
export function cellContract(name: string, open: (clusters: readonly string[]) => Promise<Cell>) {
  describe(`cell contract: ${name}`, () => {
    test('each cluster has stores of its own, always the same, and any other has none', async () => {
      const cell = await open(['alpha', 'beta']);
      expect(cell.clusters).toEqual(['alpha', 'beta']);
      expect(cell.of('alpha')).toBe(cell.of('alpha'));
      expect(cell.of('alpha')).not.toBe(cell.of('beta'));
      expect(() => cell.of('gamma')).toThrow(/cluster gamma: known are alpha, beta/);
    });

    test('of each cluster the newest header of each name is known', async () => {
      const cell = await open(['alpha', 'beta', 'gamma']);
      const newest = async () =>
        [...(await cell.newest())].map(([cluster, found]) => [
          cluster,
          found.status === 'fulfilled' ? found.value.map(({ id }) => id) : found.reason,
        ]);
      expect(await newest()).toEqual([
        ['alpha', []],
        ['beta', []],
        ['gamma', []],
      ]);
      for (const [cluster, id, of, end] of [
        ['alpha', 'daily-1', 'daily', 1],
        ['alpha', 'daily-2', 'daily', 2],
        ['alpha', 'access-1', 'access', 1],
        ['beta', 'daily-1', 'daily', 1],
      ] as const)
        await cell.of(cluster).archive.complete(report(cluster, id, of, end));
      expect(await newest()).toEqual([
        ['alpha', ['access-1', 'daily-2']],
        ['beta', ['daily-1']],
        ['gamma', []],
      ]);
    });
  });
}
