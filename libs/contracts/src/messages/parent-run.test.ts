import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  childCounts,
  childWindows,
  choiceDigest,
  parentGrade,
  parentState,
  type ChildRun,
  type ParentState,
  type ParentWindow,
} from './parent-run.ts';
import { reportWindowOf } from './report-window.ts';

const PARENT: ParentWindow = {
  ...reportWindowOf(
    'hub',
    {
      name: 'daily',
      spec: { reportType: 'inventory', clusters: { selector: 'env == "prod"' } } as { reportType: string },
    },
    { start: 1_764_000_000_000_000, end: 1_764_086_400_000_000 },
  ),
  clusters: ['alpha', 'beta'],
  nonce: 'n',
};

test('each chosen cluster has a window of its own, under a name that no object has, with one id wherever it is made', () => {
  const [alpha, beta] = childWindows(PARENT);
  expect(alpha).toMatchObject({
    cluster: 'alpha',
    reportName: 'hub:daily',
    manual: false,
    start: PARENT.start,
  });
  expect(alpha!.id).toMatch(/^hub-daily-20251124t160000z-[0-9a-f]{16}$/);
  expect(beta!.id).not.toBe(alpha!.id);
  expect(childWindows({ ...PARENT })).toEqual([alpha, beta]);
});

test('what is archived of a child run holds the choice, and neither the selector nor a name of another cluster', () => {
  const [alpha] = childWindows(PARENT);
  expect(alpha!.spec).toEqual({
    reportType: 'inventory',
    partOf: { cluster: 'hub', run: PARENT.id, clusters: 2, digest: choiceDigest(PARENT) },
  });
  expect(JSON.stringify(alpha)).not.toMatch(/beta|prod/);
});

test('another choice, another order or another nonce has another digest', () => {
  const digests = [
    PARENT,
    { ...PARENT, clusters: ['alpha'] },
    { ...PARENT, clusters: ['beta', 'alpha'] },
    { ...PARENT, clusters: ['alphabeta'] },
    { ...PARENT, nonce: 'm' },
  ].map(choiceDigest);
  expect(new Set(digests).size).toBe(5);
});

const child = (words: string): ChildRun => {
  const [state, complete] = words.split(', ') as [ChildRun['state'], string?];
  return {
    cluster: 'c',
    id: 'i',
    state,
    ...(state === 'completed' && { complete: complete === 'complete', grade: 'proven' as const }),
  };
};

test.each<[ParentState, string[]]>([
  ['complete', ['completed, complete', 'completed, complete']],
  ['with gaps', ['completed, complete', 'completed, gaps']],
  ['failed', ['completed, complete', 'failed']],
  ['failed', ['completed, gaps', 'missing']],
  ['running', ['completed, complete', 'not yet']],
  ['running', ['failed', 'not yet']],
  ['failed', []],
])('it is %s by %j', (state, children) => {
  expect(parentState(childCounts(children.map(child)))).toBe(state);
});

const anyChild = fc
  .constantFrom('not yet', 'completed, complete', 'completed, gaps', 'failed', 'missing')
  .map(child);

test('it is never complete while one child run is not archived with complete evidence, and counts add up', () => {
  fc.assert(
    fc.property(fc.array(anyChild, { maxLength: 8 }), (children) => {
      const counts = childCounts(children);
      const isWhole = children.length > 0 && children.every(({ complete }) => complete === true);
      expect(parentState(counts) === 'complete').toBe(isWhole);
      const { complete, withGaps, failed, missing, notYet, clusters } = counts;
      expect(complete + withGaps + failed + missing + notYet).toBe(clusters);
      if (children.some(({ state }) => state !== 'completed'))
        expect(parentGrade(children)).toBe('not known');
    }),
  );
});
