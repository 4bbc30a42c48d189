import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A service as a process of its own that can be killed and started again. */
export interface ServiceProcess {
  readonly name: string;
  /** The process that runs now. */
  readonly pid: () => number | undefined;
  /** Where it listens, once it has started. Rejected when it ended or did not start within a minute. */
  url(): Promise<string>;
  /** kill -9, and the start of another one. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** kill -9, and no other one. */
  end(): void;
  /** All log lines of all its processes. */
  readonly log: () => string;
}

const START_MILLISECONDS_MAX = 60_000;
const MAIN = (name: string) => fileURLToPath(new URL(`../../services/${name}/dist/main.js`, import.meta.url));

/** Starts a service on a free port of the loopback interface. */
export function serviceProcess(name: string, environment: Readonly<Record<string, string>>): ServiceProcess {
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
  return {
    name,
    pid: () => child.pid,
    log: () => log,
    async url() {
      const deadline = Date.now() + START_MILLISECONDS_MAX;
      for (;;) {
        const line = current.split('\n').find((text) => text.includes('"Started"') && text.endsWith('}'));
        if (line !== undefined) return (JSON.parse(line) as { url: string }).url;
        if (child.exitCode !== null || Date.now() > deadline)
          throw new Error(`${name} did not start: ${current}`);
        await sleep(50);
      }
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
    end: () => void child.kill('SIGKILL'),
  };
}
