import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

/** A service as a process of its own that can be killed and started again. */
export interface ServiceProcess {
  readonly name: string;
  /** Where it listens, once it has started. */
  url(): Promise<string>;
  /** kill -9, and the start of another one. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** All log lines of all its processes. */
  readonly log: () => string;
}

const MAIN = (name: string) => fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));

/** Starts a service; its last process is killed when the test ends. */
export function startService(name: string, environment: Readonly<Record<string, string>>): ServiceProcess {
  let child: ChildProcess;
  let log = '';
  let current = '';
  const start = () => {
    current = '';
    child = spawn(process.execPath, [MAIN(name)], {
      env: { PATH: process.env['PATH'], HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        current += chunk.toString();
        log += chunk.toString();
      });
    }
  };
  const ended = () =>
    new Promise<number | null>((resolve) =>
      child.exitCode === null && child.signalCode === null
        ? child.once('exit', (code) => resolve(code))
        : resolve(child.exitCode),
    );
  start();
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    name,
    log: () => log,
    async url() {
      await expect.poll(() => current, { timeout: 60_000 }).toContain('"Started"');
      const line = current.split('\n').find((text) => text.includes('"Started"'));
      return (JSON.parse(line!) as { url: string }).url;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended();
      start();
    },
    async stop() {
      const code = ended();
      child.kill('SIGTERM');
      return code;
    },
  };
}
