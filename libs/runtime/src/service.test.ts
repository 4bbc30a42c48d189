import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog, type Log } from './log.ts';
import { startService, type Service } from './service.ts';

const MAIN = fileURLToPath(new URL('testing/ticking-service.ts', import.meta.url));

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
    await expect.poll(() => output.out, { timeout: 20_000 }).toContain('"Started"');
    return (JSON.parse(output.out.split('\n').find((line) => line.includes('"Started"'))!) as { url: string })
      .url;
  };
  return { child, output, exit, url };
}

const answerOf = async (url: string) => {
  const answer = await fetch(url);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

test('it serves health, metrics and its own routes, and stops in order when asked to', async () => {
  const { child, output, exit, url } = spawnService({ TICKING_NAME: 'a', DRAIN_MILLISECONDS: '50' });
  const base = await url();
  expect((await answerOf(`${base}/name`)).body).toEqual({ name: 'clock' });
  expect(await answerOf(`${base}/healthz`)).toEqual({ status: 200, body: { alive: true } });
  expect(await answerOf(`${base}/readyz`)).toEqual({
    status: 200,
    body: { ready: true, checks: { running: { ready: true } } },
  });
  const metrics = await (await fetch(`${base}/metrics`)).text();
  expect(metrics).toContain('margay_ready{check="running"} 1');
  expect(metrics).toContain('route="/name",status="200"');
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(output.out.indexOf('drained')).toBeGreaterThan(0);
  expect(output.out.indexOf('closed')).toBeGreaterThan(output.out.indexOf('drained'));
});

test('work that fails ends the process with 1 and says why in one line', async () => {
  const { output, exit } = spawnService({ TICKING_NAME: 'a', FAIL_AFTER_MILLISECONDS: '10' });
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

/** A service in this process, stopped at the end of the test. */
async function startHere(
  parts: Partial<Service<z.ZodObject>>,
  environment: Record<string, string> = {},
  log: Log = silentLog,
) {
  const controller = new AbortController();
  const running = await startService(
    { name: 'here', config: z.object({}), module: () => ({ module: class Here {} }), ...parts },
    {
      environment: { HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', ...environment },
      signal: controller.signal,
      log,
    },
  );
  onTestFinished(() => {
    controller.abort();
    return running.ended.catch(() => undefined);
  });
  return { ...running, stop: () => controller.abort() };
}

test('it is ready only when every check is, and says which is not', async () => {
  let broken: string | undefined = 'the store does not answer';
  const { url } = await startHere({
    checks: () => ({
      store: () => broken,
      bus: async () => {
        throw new Error('no broker');
      },
      slow: () => (broken === undefined ? undefined : sleep(2 ** 30, 'never', { ref: false })),
    }),
  });
  const first = await answerOf(`${url}/readyz`);
  expect(first).toEqual({
    status: 503,
    body: {
      ready: false,
      checks: {
        store: { ready: false, reason: 'the store does not answer' },
        bus: { ready: false, reason: 'no broker' },
        slow: { ready: false, reason: 'no answer within 2 seconds' },
        running: { ready: true },
      },
    },
  });
  broken = undefined;
  expect((await answerOf(`${url}/readyz`)).body).toMatchObject({ checks: { slow: { ready: true } } });
});

test('it is not ready any more while it drains', async () => {
  const { promise: drained, resolve: drain } = Promise.withResolvers<void>();
  const { url, stop, ended } = await startHere({ start: () => drained });
  stop();
  // A connection that is open stays usable; a refused one is as good a sign.
  const answer = await answerOf(`${url}/readyz`).catch(() => ({ status: 503 }));
  expect(answer.status).toBe(503);
  drain();
  await ended;
});

test('work that is done early leaves the service serving', async () => {
  const { url } = await startHere({ start: async () => {} });
  await sleep(20);
  expect((await answerOf(`${url}/readyz`)).status).toBe(200);
});

test('a port in use is said with what to do', async () => {
  const { url } = await startHere({});
  await expect(startHere({}, { HTTP_PORT: new URL(url).port })).rejects.toThrow(
    /Port \d+ on 127.0.0.1 is in use/,
  );
});

test('a request that fails is logged with its route, and its client learns nothing of the inside', async () => {
  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (message, fields) => void errors.push([message, fields]) };
  const routes = (http: FastifyInstance) =>
    http.get('/broken/:id', async () => {
      throw new Error('the inside');
    });
  const { url } = await startHere({ routes: (http) => void routes(http) }, {}, log);
  const answer = await answerOf(`${url}/broken/1`);
  expect(answer.status).toBe(500);
  expect(JSON.stringify(answer.body)).not.toContain('the inside');
  expect(errors).toEqual([
    [
      'A request failed',
      { method: 'GET', route: '/broken/:id', error: expect.objectContaining({ message: 'the inside' }) },
    ],
  ]);
});
