import { memoryHistory } from '@margay/history';
import { generatedChanges } from './changes.ts';
import { collectGarbage } from './collect-garbage.ts';

const GOAL = 1.2;

/**
 * The cost of a change when there are 10⁴, 10⁵ and 10⁶ of them. Sizes alternate in rounds, and each round does the
 * same number of changes of each size, so that a small history is not measured in a cold moment.
 */
export function benchFolding(print: (line: string) => void, quick: boolean): void {
  const sizes = quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];
  const rounds = 5;
  const largest = sizes.at(-1) ?? 0;
  const costs = sizes.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, size] of sizes.entries()) {
      const repeats = Math.max(1, Math.min(10, Math.floor(largest / size)));
      const cost = costOf(size, repeats);
      if (round > 0) costs[i]?.push(cost);
    }
  }
  const medians = costs.map((some) => some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)] ?? NaN);
  for (const [i, size] of sizes.entries()) {
    const cost = medians[i] ?? NaN;
    const ratio = cost / (medians[0] ?? NaN);
    print(
      `${String(size).padStart(9)} changes: ${cost.toFixed(2)} ms a thousand` +
        (i === 0
          ? ''
          : `, ${ratio.toFixed(2)} times that of ${sizes[0]}   goal ≤ ${GOAL}: ${ratio <= GOAL ? 'met' : 'MISSED'}`),
    );
  }
}

/** Milliseconds for a thousand changes: added in batches as they come, then folded. */
function costOf(size: number, repeats: number): number {
  let milliseconds = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const changes = generatedChanges(size);
    collectGarbage();
    const start = performance.now();
    const history = memoryHistory();
    for (let i = 0; i < size; i += 500) history.add(changes.slice(i, i + 500));
    const versions = history.versions();
    milliseconds += performance.now() - start;
    if (versions.length < size / 4) throw new Error(`only ${versions.length} versions of ${size} changes`);
  }
  return (milliseconds * 1000) / (size * repeats);
}
