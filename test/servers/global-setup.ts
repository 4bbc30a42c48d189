import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../testing/free-port.ts';

/** Which variable names a server of one's own, and which script starts one otherwise. */
const SERVERS = [
  { variable: 'MARGAY_TEST_KAFKA', script: 'kafka.sh', address: (port: number) => `127.0.0.1:${port}` },
  {
    variable: 'MARGAY_TEST_ELASTICSEARCH',
    script: 'elasticsearch.sh',
    address: (port: number) => `http://127.0.0.1:${port}`,
  },
];

/** A port that is free now and whose neighbours the scripts use are most likely free too. */
async function portOfScript(): Promise<number> {
  const port = await freePort();
  return port > 60_000 ? port - 5_000 : port;
}

/** Starts the servers that no variable names; the returned function stops them. */
export async function setup(): Promise<() => void> {
  const started: number[] = [];
  const ca = join(mkdtempSync(join(tmpdir(), 'margay-ca-')), 'ca.pem');
  for (const { variable, script, address } of SERVERS) {
    if (process.env[variable]) continue;
    const port = await portOfScript();
    const output = execFileSync(new URL(script, import.meta.url).pathname, [String(port)], {
      encoding: 'utf8',
      env: { ...process.env, MARGAY_KAFKA_CA: ca },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(output.trim().split('\n').at(-1));
    started.push(pid);
    // Tests that stop a server for a while may do so with our own only.
    process.env[`${variable}_PID`] = String(pid);
    process.env[variable] = address(port);
    if (script === 'kafka.sh') {
      process.env['MARGAY_TEST_KAFKA_SECURED'] = `127.0.0.1:${port + 2}`;
      process.env['MARGAY_TEST_KAFKA_CA'] = ca;
    }
  }
  return () => {
    for (const pid of started) process.kill(pid, 'SIGKILL');
  };
}
