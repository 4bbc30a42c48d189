import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readLine } from '@margay/history';

const GOAL = 0.6;

/** The lines of a recorded cluster's audit log. */
export const recordedLines = (recording: string): string[] =>
  gunzipSync(readFileSync(new URL(`../../test/clusters/${recording}`, import.meta.url)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');

/**
 * Reading lines into changes, against parsing the same lines alone. Rounds of both alternate, and the median of their
 * ratios counts: whatever else the machine does meets both.
 */
export function benchReading(print: (line: string) => void, quick: boolean): void {
  const rounds = quick ? 21 : 61;
  for (const recording of ['cluster-a/audit.jsonl.gz', 'audit-cases/real-audit.jsonl.gz']) {
    const lines = recordedLines(recording);
    const megabytes = lines.reduce((sum, line) => sum + line.length, 0) / 1e6;
    const parse = () => lines.forEach((line) => keep(JSON.parse(line)));
    const read = () => lines.forEach((line, i) => keep(readLine(line, { source: 'log', position: i + 1 })));
    const times: { parse: number; read: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      // Each is the first of the two in every other round.
      const first = round % 2 === 0 ? timeOf(parse) : timeOf(read);
      const second = round % 2 === 0 ? timeOf(read) : timeOf(parse);
      times.push(round % 2 === 0 ? { parse: first, read: second } : { parse: second, read: first });
    }
    const counted = times.slice(Math.floor(rounds / 4));
    const ratio = median(counted.map((time) => time.parse / time.read));
    const parsed = median(counted.map((time) => time.parse));
    const all = median(counted.map((time) => time.read));
    print(
      `${recording}: ${lines.length} lines, ${megabytes.toFixed(1)} MB; parsed alone in ${parsed.toFixed(1)} ms, read into ` +
        `changes in ${all.toFixed(1)} ms (${((1000 * lines.length) / all).toFixed(0)} lines/s)`,
    );
    if (kept === undefined) throw new Error('nothing was read');
    print(
      `  rate against parsing alone: ${ratio.toFixed(2)}   goal ≥ ${GOAL}: ${ratio >= GOAL ? 'met' : 'MISSED'}`,
    );
  }
}

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

/** The last result, so that no work can be left out. */
let kept: unknown;
function keep(result: unknown): void {
  kept = result;
}
