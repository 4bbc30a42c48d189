import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { foldKey } from './fold.ts';
import { keyFold } from './key-fold.ts';
import { anyChanges, shuffledWithRepeats } from './testing/histories.ts';
import { story } from './testing/stories.ts';

/** Cut into batches at the places given. */
const batches = (changes: readonly Change[], cuts: readonly number[]): Change[][] => {
  const bounds = [0, ...cuts.map((cut) => cut % (changes.length + 1)).sort((a, b) => a - b), changes.length];
  return bounds.slice(1).map((to, i) => changes.slice(bounds[i], to));
};

const everies = fc.constantFrom('content' as const, 'resourceVersion' as const);

function expectSteps(steps: readonly (readonly Change[])[], every: 'content' | 'resourceVersion'): void {
  const fold = keyFold({ every });
  const added: Change[] = [];
  for (const step of steps) {
    const before = fold.versions();
    const same = fold.add(step);
    added.push(...step);
    const now = fold.versions();
    expect(now).toEqual(foldKey(added, { every }));
    expect(now.slice(0, same)).toEqual(before.slice(0, same));
    expect(same).toBeLessThanOrEqual(before.length);
    expect(fold.size).toBe(new Set(added.map(({ id }) => id)).size);
  }
}

test('step by step gives what folding everything gives, in whatever order and however often changes come', () => {
  const arrived = anyChanges.chain(shuffledWithRepeats);
  fc.assert(
    fc.property(arrived, fc.array(fc.nat(20), { maxLength: 6 }), everies, (changes, cuts, every) => {
      expectSteps(batches(changes, cuts), every);
    }),
    { numRuns: 2_000 },
  );
});

test('so it does when they come mostly in order, one by one', () => {
  const inOrder = anyChanges.map((changes) => changes.toSorted((a, b) => a.at - b.at));
  fc.assert(
    fc.property(inOrder, everies, (changes, every) => {
      expectSteps(
        changes.map((change) => [change]),
        every,
      );
    }),
    { numRuns: 2_000 },
  );
});

test('changes in order leave all versions before the last one alone', () => {
  const fold = keyFold();
  expect(fold.add(story('+A=x@1 A=y@2 A=z@3'))).toBe(0);
  expect(fold.add(story('A=x@4 A=y@5'))).toBe(2);
  expect(fold.add(story('A=y@6'))).toBe(5);
  expect(fold.add(story('-A@7'))).toBe(4);
  expect(fold.add(story('+B=x@9'))).toBe(5);
  expect(fold.add(story('B=y@8#8'))).toBe(0);
});

test('a hundred thousand changes in order take no longer, each, than a thousand', () => {
  const costOf = (n: number) => {
    const all = Array.from({ length: n }, (_, i) => story(`A=${i % 2 === 0 ? 'x' : 'y'}@${i + 1}`)[0]!).map(
      (change, i) => ({ ...change, id: `${i}` }),
    );
    const fold = keyFold();
    const start = performance.now();
    for (let i = 0; i < n; i += 500) fold.add(all.slice(i, i + 500));
    expect(fold.versions()).toHaveLength(n);
    return (performance.now() - start) / n;
  };
  costOf(10_000);
  // Were it quadratic, it would be a hundred times as long.
  expect(costOf(100_000)).toBeLessThan(10 * costOf(10_000));
});
