import { expect, test } from 'vitest';
import { memoryHistory, type MemoryHistory } from './memory.ts';
import { readLine, type Reading } from './index.ts';
import { recordedLines, truthsOf } from './testing/recordings.ts';
import { validAt } from './version.ts';

const lines = recordedLines('cluster-a/audit.jsonl.gz');
const truths = truthsOf('cluster-a');

function historyOf(all: readonly string[]): MemoryHistory {
  const history = memoryHistory();
  for (const [i, line] of all.entries()) {
    for (const reading of readLine(line, { source: 'log', position: i })) {
      if (reading.kind === 'changes') history.add(reading.changes);
    }
  }
  return history;
}

/** A permutation that is the same in every run. */
function shuffled<T>(all: readonly T[]): T[] {
  let seed = 7;
  const next = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648);
  return all
    .map((value) => [next(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

/** As if four API servers had each written a part, delivered one after the other. */
const inFourParts = (all: readonly string[]) =>
  [0, 1, 2, 3].flatMap((part) => all.filter((_, i) => i % 4 === part));

test.each([
  ['as it is', lines],
  ['shuffled', shuffled(lines)],
  ['doubled', [...lines, ...lines]],
  ['in four parts', inFourParts(lines)],
])('the history of the log %s equals every list that the API server gave', (_, log) => {
  const versions = historyOf(log).versions({ every: 'resourceVersion' });
  expect(truths).toHaveLength(23);
  for (const { file, at, objects } of truths) {
    const state = validAt(versions, at)
      .map(
        ({ resource, group, namespace, name, uid, resourceVersion }) =>
          `${resource} ${group} ${namespace}/${name} ${uid} ${resourceVersion}`,
      )
      .sort();
    expect({ file, objects: state }).toEqual({ file, objects });
  }
});

test('every event of both recordings is exactly one of four things', () => {
  const tally = (path: string) => {
    const counts: Record<string, number> = {};
    for (const line of recordedLines(path)) {
      const readings = readLine(line, { source: 'log', position: 0 });
      expect(readings).toHaveLength(1);
      const key = ['reason' in readings[0]! ? readings[0].reason : readings[0]!.kind].join();
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  };
  // Counted apart from this code: dry-run marks first, then subresources, then codes from 400 on.
  expect(tally('cluster-a/audit.jsonl.gz')).toEqual({
    changes: 1938 - 44,
    'nothing-selected': 44,
    refused: 216,
    'dry-run': 20,
    'no-version': 188,
  });
  const cases = tally('audit-cases/real-audit.jsonl.gz');
  expect(Object.values(cases).reduce((sum, n) => sum + n, 0)).toBe(3081);
  expect(cases['not-an-audit-event'] ?? 0).toBe(0);
});

const caseReadings = (name: string): Reading[] =>
  recordedLines('audit-cases/real-audit.jsonl.gz')
    .filter((line) => line.includes(`"userAgent":"case/${name}"`))
    .flatMap((line) => readLine(line, { source: 'log', position: 0 }));

test.each(['dry-run-create', 'dry-run-update', 'dry-run-delete'])('%s changes nothing', (name) => {
  const readings = caseReadings(name);
  expect(readings.filter(({ kind }) => kind === 'changes')).toEqual([]);
});
