import { execFileSync } from 'node:child_process';
import { processesOf } from './servers.ts';

/** Where the tests look for ports: away from those that people use. */
const PORT = 26_443;

/** Starts a control plane with two API servers, unless a variable names one; the returned function stops it. */
export function setup(): () => void {
  if (process.env['MARGAY_TEST_KUBERNETES']) return () => undefined;
  const script = new URL('../servers/kubernetes.sh', import.meta.url).pathname;
  const port = PORT + (process.pid % 300) * 20;
  const output = execFileSync(script, [String(port), '2'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [kubeconfig = ''] = output.trim().split('\n').slice(-2);
  process.env['MARGAY_TEST_KUBERNETES'] = kubeconfig;
  return () => {
    for (const pid of processesOf(kubeconfig)) process.kill(pid, 'SIGKILL');
  };
}
