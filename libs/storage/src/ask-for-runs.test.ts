import type { ReportWindow } from '@margay/contracts';
import { expect, onTestFinished, test } from 'vitest';
import { missingPart } from './archive/damaged.ts';
import { askForRevision, askForRun, type NotAskable } from './ask-for-runs.ts';
import { openEmbedded } from './embedded.ts';
import type { Stores } from './stores.ts';

const DAY = 86_400_000_000;
const NOW = 1_764_086_400_000_000;
const SPAN = { start: NOW - DAY, end: NOW };
const DAILY = { name: 'daily', spec: { reportType: 'inventory' } };

function stores(): Stores {
  const opened = openEmbedded(':memory:');
  onTestFinished(() => opened.close());
  return opened;
}

/** Archives a window as a worker does, with the rows of one part. */
async function archive(
  { archive: kept, windows, arrivals }: Stores,
  window: ReportWindow,
  supersedes?: string,
) {
  const { id, cluster, reportName, reportType, start, end, revision } = window;
  const part = await kept.appendPart({ reportId: id, end, part: 0, kind: 'endpoints', rows: [1] });
  await kept.complete({
    id,
    cluster,
    reportName,
    reportType,
    start,
    end,
    ...(revision !== undefined && { revision }),
    ...(supersedes !== undefined && { supersedes }),
    generatedAt: NOW,
    digest: 'd',
    parts: [part],
    read: await arrivals.place(),
    content: {},
  });
  await windows.complete(id, NOW);
}

const problemOf = async (asked: Promise<unknown>) => {
  const error = (await asked.catch((reason: unknown) => reason)) as NotAskable;
  return [error.reason, error.message];
};

test('a run is asked for once: again it is the same one, and one that failed is tried anew', async () => {
  const kept = stores();
  const ask = () => askForRun(kept, 'c', DAILY, SPAN, NOW);
  const first = await ask();
  expect(first).toMatchObject({ isNew: true, window: { ...SPAN, reportName: 'daily', manual: true } });
  const { id } = first.window;
  await kept.windows.fail(id, 'no disk', 7, NOW);
  expect(await ask()).toEqual({ ...first, isNew: false });
  expect(await kept.windows.get(id)).toMatchObject({ state: 'emitted', attempt: 0 });
});

test.each([
  ['is not over', { start: NOW - 5, end: NOW + 1 }, /not over yet/],
  ['is none', { start: NOW, end: NOW }, /ends before, or when, it begins/],
])('a window that %s is refused', async (_, span, words) => {
  const [reason, message] = await problemOf(askForRun(stores(), 'c', DAILY, span, NOW));
  expect(reason).toBe('window');
  expect(message).toMatch(words);
});

test('revisions are numbered on from the last one, whichever report over the window is named', async () => {
  const kept = stores();
  const { window } = await askForRun(kept, 'c', DAILY, SPAN, NOW);
  await archive(kept, window);
  const second = await askForRevision(kept, window.id, NOW);
  expect(second).toMatchObject({
    isNew: true,
    window: { id: `${window.id}-r2`, revision: 2, spec: DAILY.spec },
  });
  // Asked for by two at once: one revision.
  expect(await askForRevision(kept, window.id, NOW)).toEqual({ ...second, isNew: false });
  await archive(kept, second.window, window.id);
  for (const id of [window.id, second.window.id])
    expect((await askForRevision(kept, id, NOW)).window).toMatchObject({
      id: `${window.id}-r3`,
      revision: 3,
    });
});

test('what was never archived, or is not there any more, cannot be revised, and is told so', async () => {
  const kept = stores();
  const { window } = await askForRun(kept, 'c', DAILY, SPAN, NOW);
  const { id } = window;
  expect(await problemOf(askForRevision(kept, 'nonsense', NOW))).toEqual([
    'missing',
    'There is no run nonsense',
  ]);
  expect(await problemOf(askForRevision(kept, id, NOW))).toEqual([
    'unfinished',
    expect.stringContaining('never archived, it is emitted'),
  ]);
  await kept.windows.complete(id, NOW);
  expect(await problemOf(askForRevision(kept, id, NOW))).toEqual([
    'removed',
    expect.stringContaining('was removed from the archive'),
  ]);
  await archive(kept, window);
  const without = {
    ...kept,
    archive: { ...kept.archive, part: async () => Promise.reject(missingPart(id, 0)) },
  };
  expect(await problemOf(askForRevision(without, id, NOW))).toEqual([
    'removed',
    expect.stringContaining('rows of report'),
  ]);
  const partly = { ...kept, arrivals: { ...kept.arrivals, isWhole: async () => false } };
  expect(await problemOf(askForRevision(partly, id, NOW))).toEqual([
    'removed',
    expect.stringContaining('would know less'),
  ]);
});

test('a run over many clusters is asked for with those that its scheduler says it chooses, and never revised: it has no report of its own', async () => {
  const kept = stores();
  const many = { ...DAILY, spec: { reportType: 'inventory', clusters: { selector: 'all()' } } };
  const { window: parent } = await askForRun(kept, 'c', { ...many, clusters: ['a', 'b'] }, SPAN, NOW);
  expect(parent).toMatchObject({ clusters: ['a', 'b'], manual: true, nonce: expect.stringMatching(/.{30}/) });
  // What was chosen first stays.
  expect(await askForRun(kept, 'c', { ...many, clusters: ['a'] }, SPAN, NOW)).toEqual({
    window: parent,
    isNew: false,
  });
  await kept.windows.complete(parent.id, NOW);
  expect(await problemOf(askForRevision(kept, parent.id, NOW))).toEqual([
    'clusters',
    `Run ${parent.id} is about many clusters and has no report of its own: ask for a revision of the run of a cluster`,
  ]);
});

test.each([
  [
    'nobody has said which it chooses',
    undefined,
    'nobody has said which it chooses: its scheduler has not looked at it, or refuses it',
  ],
  ['it chooses none', [], 'it chooses none'],
])('a run over many clusters is refused where %s', async (_, clusters, words) => {
  const many = { ...DAILY, spec: { reportType: 'inventory', clusters: { selector: 'all()' } } };
  const asked = askForRun(stores(), 'c', { ...many, ...(clusters && { clusters }) }, SPAN, NOW);
  expect(await problemOf(asked)).toEqual([
    'clusters',
    `GlobalReport daily is about many clusters (spec.clusters), and ${words}`,
  ]);
});
