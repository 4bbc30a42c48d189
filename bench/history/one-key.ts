import { foldOn, NEW_KEY } from '@margay/history';
import { changeOf } from './changes.ts';

const GOAL = 1.5;

/** One name that changes all the time, in batches as a store gets them: what a change costs early and late. */
export function benchOneKey(print: (line: string) => void, quick: boolean): void {
  const size = quick ? 20_000 : 100_000;
  const changes = Array.from({ length: size }, (_, i) => {
    const change = changeOf(1, i === 0 ? 0 : i % 2 === 0 ? 1 : 2, i + 1);
    return change;
  });
  const quarter = size / 4;
  const quarters: number[][] = [[], [], [], []];
  for (let round = 0; round < 7; round++) {
    let tail = NEW_KEY;
    let count = 1;
    for (let q = 0; q < 4; q++) {
      const start = performance.now();
      for (let i = q * quarter; i < (q + 1) * quarter; i += 500) {
        const fold = foldOn(tail, changes.slice(i, i + 500));
        if (fold === undefined) throw new Error('changes in order go on from the tail');
        ({ tail } = fold);
        // The first of them stands in the place of the last one before.
        count += fold.versions.length - 1;
      }
      quarters[q]?.push(((performance.now() - start) * 1000) / quarter);
    }
    if (count !== size) throw new Error('every change makes a version');
  }
  const median = (some: readonly number[] = []) =>
    some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)] ?? NaN;
  const [first, last] = [median(quarters[0]), median(quarters[3])];
  print(
    `${size} changes of one name, 500 at once: ${first.toFixed(2)} ms a thousand in the first quarter, ` +
      `${last.toFixed(2)} in the last: ${(last / first).toFixed(2)} times   goal ≤ ${GOAL}: ${last / first <= GOAL ? 'met' : 'MISSED'}`,
  );
}
