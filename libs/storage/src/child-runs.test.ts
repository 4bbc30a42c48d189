import {
  childCounts,
  childWindows,
  parentState,
  reportWindowOf,
  revisedWindow,
  type ParentWindow,
  type ReportWindow,
} from '@margay/contracts';
import { HOUR, MINUTE } from '@margay/ground';
import { expect, onTestFinished, test } from 'vitest';
import { cellOver } from './cell.ts';
import { childRunsOf, isParentRecord } from './child-runs.ts';
import { openEmbedded } from './embedded.ts';
import type { Stores } from './stores.ts';

const NOW = 1_764_086_400_000_000;
const PARENT: ParentWindow = {
  ...reportWindowOf(
    'hub',
    { name: 'daily', spec: { reportType: 'inventory' } },
    { start: NOW - HOUR, end: NOW },
  ),
  clusters: ['alpha', 'beta'],
  nonce: 'n',
};

/** A cell of these clusters, whose hub keeps a parent run that was begun at `NOW`. */
async function cell(names: readonly string[] = ['hub', 'alpha', 'beta']) {
  const stores = new Map(names.map((name) => [name, openEmbedded(':memory:') as Stores]));
  onTestFinished(async () => {
    for (const each of stores.values()) await each.close();
  });
  const all = cellOver(stores);
  await all.of('hub').windows.emit([PARENT], NOW);
  for (const child of childWindows(PARENT))
    if (names.includes(child.cluster)) await all.of(child.cluster).windows.emit([child], NOW);
  const children = async (now = NOW + MINUTE, parent = PARENT) => {
    const record = (await all.of('hub').windows.get(PARENT.id))!;
    if (!isParentRecord(record)) throw new Error('the window is kept without its choice');
    return childRunsOf(all, { ...record, window: parent }, now);
  };
  return { of: (name: string) => all.of(name), children };
}

/** Archives the report of a window, as a worker does. */
async function archive({ archive: kept, windows, arrivals }: Stores, window: ReportWindow, complete = true) {
  const { id, cluster, reportName, reportType, start, end, revision, spec } = window;
  await kept.complete({
    id,
    cluster,
    reportName,
    reportType,
    start,
    end,
    ...(revision !== undefined && { revision, supersedes: id.replace(/-r\d+$/, '') }),
    generatedAt: NOW,
    digest: `d of ${id}`,
    parts: [],
    read: await arrivals.place(),
    content: {
      reportSpec: spec,
      evidence: { sources: { complete, grade: complete ? 'no gap seen' : 'gaps' } },
    },
  });
  await windows.complete(id, NOW);
}

const [ALPHA, BETA] = childWindows(PARENT) as [ReportWindow, ReportWindow];

test('each child run is as its own cluster has it', async () => {
  const { of, children } = await cell();
  await archive(of('alpha'), ALPHA);
  await of('beta').windows.fail(BETA.id, 'no memory', 7, NOW);
  expect(await children()).toEqual([
    {
      cluster: 'alpha',
      id: ALPHA.id,
      state: 'completed',
      digest: `d of ${ALPHA.id}`,
      grade: 'no gap seen',
      complete: true,
    },
    { cluster: 'beta', id: BETA.id, state: 'failed', reason: 'no memory' },
  ]);
});

test('gaps stay until a revision has none: the newest report over the window counts', async () => {
  const { of, children } = await cell();
  await archive(of('alpha'), ALPHA);
  await archive(of('beta'), BETA, false);
  expect(parentState(childCounts(await children()))).toBe('with gaps');
  const revised = revisedWindow(BETA, 2);
  await archive(of('beta'), revised);
  expect((await children())[1]).toMatchObject({ id: revised.id, complete: true });
  expect(parentState(childCounts(await children()))).toBe('complete');
});

type Cell = Awaited<ReturnType<typeof cell>>;

test.each<[string, (cell: Cell) => Promise<unknown>, number, string]>([
  ['one that waits', async () => {}, HOUR - 1, 'not yet'],
  ['one that waits for an hour', async () => {}, HOUR, 'missing: it is emitted after an hour'],
  [
    'one that is running for an hour',
    ({ of }) => of('beta').windows.begin(BETA.id, 1, NOW),
    HOUR,
    'missing: it is running after an hour',
  ],
  ['one that came after all', ({ of }) => archive(of('beta'), BETA), 2 * HOUR, 'completed'],
  [
    'one whose report somebody removed',
    ({ of }) => of('beta').windows.complete(BETA.id, NOW),
    MINUTE,
    'missing: its report was removed from the archive',
  ],
  [
    'one whose report says another choice',
    ({ of }) => archive(of('beta'), childWindows({ ...PARENT, clusters: ['alpha', 'beta', 'gamma'] })[1]!),
    MINUTE,
    'missing: its report is part of another choice of clusters: the parent run was changed',
  ],
])('%s', async (_, happens, after, said) => {
  const all = await cell();
  await happens(all);
  const [, beta] = await all.children(NOW + after);
  expect([beta!.state, ...(beta!.reason === undefined ? [] : [beta!.reason])].join(': ')).toBe(said);
});

test('a cluster that was taken out of the cell is missing, and the others go on', async () => {
  const { of, children } = await cell(['hub', 'alpha']);
  await archive(of('alpha'), ALPHA);
  const found = await children();
  expect(found.map(({ state }) => state)).toEqual(['completed', 'missing']);
  expect(parentState(childCounts(found))).toBe('failed');
});

test('a parent run whose choice somebody made smaller contradicts every report of it', async () => {
  const { of, children } = await cell();
  await archive(of('alpha'), ALPHA);
  const smaller = { ...PARENT, clusters: ['alpha'] };
  expect(parentState(childCounts(await children(NOW, smaller)))).toBe('failed');
});
