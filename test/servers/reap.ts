import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Run } from './runs.ts';

let reaper: ChildProcess | undefined;

/** From now on the run ends with this process, however that ends, or when `endAll` is called. */
export function endsWithThisProcess(run: Run): void {
  if (reaper === undefined) {
    // The program and its arguments only: what the reaper prints must not hold a pipe of this process open.
    reaper = spawn(process.execPath, [fileURLToPath(new URL('reaper.ts', import.meta.url))], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    reaper.unref();
  }
  reaper.stdin?.write(`${run}\n`);
}

/** Ends all of them now. */
export async function endAll(): Promise<void> {
  const ending = reaper;
  reaper = undefined;
  if (ending === undefined) return;
  const code = new Promise<number | null>((exited) => ending.once('exit', exited));
  ending.ref();
  ending.stdin?.end();
  if ((await code) !== 0)
    throw new Error('Servers of the tests could not all be ended: look for them by hand.');
}
