import { createInterface } from 'node:readline';
import { remove, type Run } from './runs.ts';

/**
 * Outlives the process that started it: reads one run a line, and removes them all when its input ends, which it does
 * when that process closes it or is gone, killed or not. So a test run that is killed leaves no server behind.
 */
const runs: Run[] = [];
for await (const line of createInterface({ input: process.stdin })) runs.push(line as Run);
const ended = await Promise.allSettled(runs.map(remove));
for (const end of ended) {
  if (end.status === 'rejected') {
    process.exitCode = 1;
    process.stderr.write(`A server of the tests could not be ended: ${String(end.reason)}\n`);
  }
}
