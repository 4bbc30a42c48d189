import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const REAP = new URL('reap.ts', import.meta.url).href;

/** A process that starts a server of its own, hands it to the reaper and then does what it is told. */
async function owner(then: string) {
  const program = `
    import { execFileSync, spawn } from 'node:child_process';
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

test('of a killed run no folder stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-reap-'));
  const { process: run } = await owner(
    `endsWithThisProcess('folder:${folder}'); setInterval(() => {}, 1_000);`,
  );
  await sleep(200);
  expect(existsSync(folder)).toBe(true);
  run.kill('SIGKILL');
  await expect.poll(() => existsSync(folder), { timeout: 20_000 }).toBe(false);
});

test('a run begins with what killed runs left being removed, and nothing of those that live or began just now', async () => {
  const home = mkdtempSync(join(tmpdir(), 'margay-reap-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const made = (name: string, minutesAgo: number) => {
    const folder = join(home, name);
    mkdirSync(folder);
    const at = Date.now() / 1000 - minutesAgo * 60;
    utimesSync(folder, at, at);
    return folder;
  };
  made('run-killed', 90);
  made('run-begins', 1);
  const [named, inside] = [made('run-named0', 90), made('run-inside', 90)];
  const servers = [
    spawn('sh', ['-c', 'sleep 60 && :', named], { stdio: 'ignore' }),
    spawn('sleep', ['60'], { cwd: inside, stdio: 'ignore' }),
  ];
  onTestFinished(() => servers.forEach((server) => void server.kill('SIGKILL')));
  await Promise.all(servers.map((server) => once(server, 'spawn')));
  const script = fileURLToPath(new URL('run-folder.sh', import.meta.url));
  const own = execFileSync('bash', ['-c', '. "$0"; run_folder "$1"', script, home], { encoding: 'utf8' });
  expect(readdirSync(home).toSorted()).toEqual(
    [basename(own.trim()), 'run-begins', 'run-inside', 'run-named0'].toSorted(),
  );
});
