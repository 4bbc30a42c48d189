import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

/** The command line. */
export const PROGRAM = fileURLToPath(new URL('../../services/margay/bin/margay.js', import.meta.url));

/** The recorded cluster's audit log. */
export const AUDIT_LOG = fileURLToPath(new URL('../clusters/cluster-a/audit.jsonl.gz', import.meta.url));

/** What a run of the command line left behind. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line to its end; `environment` stands beside the test's own. */
export function margay(
  args: readonly string[],
  input: string | Uint8Array = '',
  environment: Readonly<Record<string, string>> = {},
): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    input,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
  });
  return { code: status, out: stdout, err: stderr };
}

/** Starts the command line; it is killed when the test ends. `environment` stands beside the test's own. */
export function startMargay(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess & { readonly said: () => string } {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { said: () => text });
}

interface Header {
  readonly id: string;
  readonly report: string;
  readonly digest: string;
}

/** Starts `margay up` on a free port and waits for a word of it, else until its reports are there. `headers` asks for the reports that it serves. */
export async function startUp(
  args: readonly string[],
  word = /Reports and downloads/,
  environment: Readonly<Record<string, string>> = {},
) {
  const child = startMargay(['up', '--port', '0', ...args], environment);
  await expect.poll(child.said, { timeout: 120_000, interval: 50 }).toMatch(word);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(child.said())?.[0] ?? '';
  const headers = async () =>
    ((await (await fetch(`${url}/api/v1/runs?state=completed`)).json()) as { items: Header[] }).items;
  return { child, url, headers };
}

/** Ends a process, if it has not ended, and waits until it has. */
export async function stopped(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((exited) => child.once('exit', exited));
  child.kill(signal);
  await exit;
}

/** A folder of the test's own. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
