import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

const REAP = new URL('reap.ts', import.meta.url).href;

/** A process that starts a server of its own, hands it to the reaper and then does what it is told. */
async function owner(then: string) {
  const program = `
    import { spawn } from 'node:child_process';
    import { endAll, endsWithThisProcess } from '${REAP}';
    const server = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    server.unref();
    endsWithThisProcess('process:' + server.pid);
    console.log(String(server.pid));
    ${then}`;
  const process = spawn('node', ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // One that is left would hold the run of the tests open by its standard error.
  onTestFinished(() => void process.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: process.stdout }), 'line')) as [string];
  return { process, server: Number(line) };
}

/** What has ended and waits for its parent to be told of it does not run any more. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a server ends with the run that started it, also when that is killed', async () => {
  const { process: run, server } = await owner('setInterval(() => {}, 1_000);');
  await sleep(200);
  expect(runs(server)).toBe(true);
  run.kill('SIGKILL');
  await expect.poll(() => runs(server), { timeout: 20_000 }).toBe(false);
});

test('at the orderly end of a run its servers are gone before it ends', async () => {
  const { process: run, server } = await owner('await endAll();');
  const [code] = (await once(run, 'exit')) as [number];
  expect([code, runs(server)]).toEqual([0, false]);
});
