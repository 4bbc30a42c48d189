import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../testing/ticking-service.ts', import.meta.url));

/** The ticking service as a process of its own. */
function spawnService(environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout.on('data', (text) => (output.out += String(text)));
  child.stderr.on('data', (text) => (output.err += String(text)));
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const url = async () => {
    await expect.poll(() => output.out, { timeout: 120_000 }).toContain('"Started"');
    return (JSON.parse(output.out.split('\n').find((line) => line.includes('"Started"'))!) as { url: string })
      .url;
  };
  return { child, output, exit, url };
}

test('it serves, and stops in order when asked to', async () => {
  const { child, output, exit, url } = spawnService({ TICKING_NAME: 'a', DRAIN_MILLISECONDS: '50' });
  const answer = await fetch(`${await url()}/readyz`);
  expect(await answer.json()).toEqual({
    ready: true,
    checks: { running: { ready: true }, ticking: { ready: true } },
  });
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(output.out.indexOf('drained')).toBeGreaterThan(0);
  expect(output.out.indexOf('closed')).toBeGreaterThan(output.out.indexOf('drained'));
});

test('what keeps it from starting ends the process with 1 and is said in one line', async () => {
  const { output, exit } = spawnService({ TICKING_NAME: 'a', IS_BROKEN: 'true' });
  expect(await exit).toBe(1);
  const last = JSON.parse(output.out.trim().split('\n').at(-1)!) as Record<string, unknown>;
  expect(last).toMatchObject({
    level: 'error',
    service: 'ticking',
    message: 'The service ended',
    reason: 'the spring is broken',
  });
  expect(output.out).toContain('closed');
});

test('wrong settings of the service and of the process are told together', async () => {
  const { output, exit } = spawnService({ DRAIN_MILLISECONDS: 'x', LOG_LEVEL: 'loud' });
  expect(await exit).toBe(1);
  expect(output.err).toMatch(/DRAIN_MILLISECONDS is "x"/);
  expect(output.err).toMatch(/TICKING_NAME is missing: A name that must be set\./);
  expect(output.err).toMatch(/LOG_LEVEL is "loud"/);
});

test('a stop takes no longer than it may', async () => {
  const { child, output, exit, url } = spawnService({
    TICKING_NAME: 'a',
    DRAIN_MILLISECONDS: '600000',
    STOP_TIMEOUT_SECONDS: '1',
  });
  await url();
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(output.out).toContain('Did not stop within 1 seconds');
});
