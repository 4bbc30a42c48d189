import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The processes of a cluster that `test/servers/kubernetes.sh` started: etcd, its API servers, then the others. */
export function processesOf(kubeconfig: string): number[] {
  const file = join(dirname(kubeconfig), 'pids');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

/** How a process was started, so that it can be started again. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
}

/** Kills a process of the cluster, as a power cut would. @returns how it was started. */
export async function kill(kubeconfig: string, index: number): Promise<Command> {
  const pid = processesOf(kubeconfig)[index];
  if (pid === undefined) throw new Error(`${kubeconfig} has no process ${index} that was started here`);
  const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const folder = readlinkSync(`/proc/${pid}/cwd`);
  process.kill(pid, 'SIGKILL');
  while (!hasEnded(pid)) await sleep(20);
  return { program, args, folder };
}

/** Whether it is gone with all its threads, but for what its parent has not been told: its ports are free then, and not before. */
function hasEnded(pid: number): boolean {
  try {
    const isZombie = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return isZombie && readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    return true;
  }
}

/** Whether a process that was sent a SIGSTOP stands still with all its threads, as it does a moment later. */
export const hasStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );

/** Starts a process of the cluster that was killed. */
export function startAgain(kubeconfig: string, index: number, { program, args, folder }: Command): void {
  const log = openSync(join(folder, `again-${index}.log`), 'a');
  const again = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', log, log] });
  again.unref();
  closeSync(log);
  const pids = processesOf(kubeconfig).with(index, again.pid ?? 0);
  writeFileSync(join(dirname(kubeconfig), 'pids'), `${pids.join('\n')}\n`);
}

/** Kills an API server and starts it again as it was: what it kept in memory of the past is gone. */
export async function restartApiServer(kubeconfig: string, index: number): Promise<void> {
  startAgain(kubeconfig, index + 1, await kill(kubeconfig, index + 1));
}
