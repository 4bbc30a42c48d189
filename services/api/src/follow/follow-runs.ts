import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '@margay/api-contract';
import { problemOf } from '@margay/runtime';

const LOOK_MILLISECONDS = 2_000;
const HEARTBEAT_MILLISECONDS = 15_000;

/**
 * Server-sent events: `event: runs` with each run whose state changed since the last look, and a comment now and then so that
 * nobody in between closes the connection. Ends when the signal is aborted, and when what is visible may not be asked any more.
 */
export async function* followRuns(
  visible: () => Promise<readonly Run[]>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let known = new Map((await visible()).map(({ id, state }) => [id, state]));
  let beat = performance.now();
  yield 'retry: 3000\n\n';
  while (!signal.aborted) {
    await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    let runs: readonly Run[];
    try {
      runs = await visible();
    } catch (error) {
      // Whoever comes again is told why.
      if (problemOf(error) !== undefined) return;
      throw error;
    }
    for (const run of runs.filter(({ id, state }) => known.get(id) !== state))
      yield `event: runs\ndata: ${JSON.stringify(run)}\n\n`;
    known = new Map(runs.map(({ id, state }) => [id, state]));
    if (performance.now() - beat > HEARTBEAT_MILLISECONDS) {
      beat = performance.now();
      yield ': still here\n\n';
    }
  }
}
