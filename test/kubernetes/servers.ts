import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The processes of a cluster that `test/servers/kubernetes.sh` started: etcd, its API servers, then the others. */
export function processesOf(kubeconfig: string): number[] {
  const file = join(dirname(kubeconfig), 'pids');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

/** Kills an API server and starts it again as it was: what it kept in memory of the past is gone. */
export async function restartApiServer(kubeconfig: string, index: number): Promise<void> {
  const pids = processesOf(kubeconfig);
  const pid = pids[index + 1];
  if (pid === undefined) throw new Error(`${kubeconfig} has no API server ${index} that was started here`);
  const [command = '', ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const folder = readlinkSync(`/proc/${pid}/cwd`);
  process.kill(pid, 'SIGKILL');
  while (existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '')
    await sleep(20);
  const log = openSync(join(folder, `apiserver-again-${index}.log`), 'a');
  const again = spawn(command, words, { cwd: folder, detached: true, stdio: ['ignore', log, log] });
  again.unref();
  closeSync(log);
  pids[index + 1] = again.pid ?? 0;
  writeFileSync(join(dirname(kubeconfig), 'pids'), `${pids.join('\n')}\n`);
}
