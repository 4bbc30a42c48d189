import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AuditIngestorModule } from '@margay/audit-ingestor/module';
import { BusModule } from '@margay/messaging/nest';
import { silentLog } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { openPositions } from '@margay/sources';
import { expect, onTestFinished, test } from 'vitest';
import { endsWithThisProcess } from '../servers/reap.ts';
import { assemble } from '../servers/server.ts';
import { freePort } from '../testing/free-port.ts';
import { canaryAccount } from './canary-account.ts';
import { kubectlOf, serverContexts, until } from './cluster.ts';
import { kill, startAgain } from './servers.ts';

/** The Service `kubernetes` takes no loopback addresses. */
const addresses = Object.values(networkInterfaces())
  .flat()
  .filter((one) => one !== undefined && !one.internal && one.family === 'IPv4')
  .map((one) => one!.address)
  .slice(0, 2);

interface Answer {
  readonly checks: Record<string, { readonly reason?: string }>;
  readonly sources?: Record<string, { readonly canaries?: Record<string, object> }>;
}

/** Two API servers that have put themselves into the Service `kubernetes`, and an ingestor that writes canaries. */
async function started() {
  const port = await freePort(1, 2);
  const { printed } = await assemble('kubernetes.sh', [port, addresses.length], {
    MARGAY_API_ADDRESSES: addresses.join(' '),
  });
  const kubeconfig = printed.at(-1) ?? '';
  // Those that are started again, too.
  endsWithThisProcess(`processes:${join(dirname(kubeconfig), 'pids')}`);
  const folder = mkdtempSync(join(tmpdir(), 'margay-api-servers-'));
  const logs = ['audit.jsonl', `audit-${port + 10}.jsonl`].map((name) => join(dirname(kubeconfig), name));
  await until(
    () => logs.every((path) => existsSync(path)),
    (are) => are,
  );
  const connection = canaryAccount(kubeconfig, 'margay');
  const stop = new AbortController();
  const bus = BusModule.embedded(folder);
  const ingestor = AuditIngestorModule.over(
    {
      cluster: 'c',
      files: {
        paths: logs.map((path, i) => `kube-${i}=${path}`),
        positions: () => openPositions(folder),
        follow: true,
      },
      canary: { connect: async () => connection, intervalMilliseconds: 10_000 },
    },
    bus,
  );
  const modules = [bus, ingestor];
  const { url, ended } = await startApplication({
    modules,
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    signal: stop.signal,
  });
  onTestFinished(async () => {
    stop.abort();
    await ended;
    rmSync(folder, { recursive: true });
  });
  const ready = async (): Promise<Answer> => (await (await fetch(`${url}/readyz`)).json()) as Answer;
  return { kubeconfig, servers: addresses.map((address) => `${address}:${port}`), ready };
}

test.runIf(serverContexts().length > 1 && addresses.length > 1)(
  'canaries go through the API servers of the Service kubernetes, by the name in their certificates; one that goes is left out, one that comes is taken in',
  { timeout: 400_000 },
  async () => {
    const { kubeconfig, servers, ready } = await started();
    const of = ({ sources }: Answer, source: string) => Object.keys(sources?.[source]?.canaries ?? {});
    const sorted = servers.toSorted().join();
    const isEverywhere = (answer: Answer) =>
      of(answer, 'kube-0').join() === servers[0] &&
      of(answer, 'kube-1').join() === servers[1] &&
      of(answer, 'watch/margay-canary').join() === sorted;
    await until(ready, isEverywhere, 60);
    const slice = kubectlOf(kubeconfig, ['get', 'endpointslices', 'kubernetes', '-o', 'yaml']);
    for (const address of addresses) expect(slice).toContain(`- ${address}`);

    // What is in the way is said until the Service has it no more, and then is in nobody's way.
    const command = await kill(kubeconfig, 2);
    await until(ready, ({ checks }) => checks['sources']?.reason?.includes(servers[1]!) === true, 60);
    await until(ready, (answer) => of(answer, 'watch/margay-canary').join() === servers[0], 90);
    expect((await ready()).checks['sources']?.reason).toBeUndefined();

    startAgain(kubeconfig, 2, command);
    await until(ready, isEverywhere, 90);
  },
);
