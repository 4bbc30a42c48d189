import { setTimeout as sleep } from 'node:timers/promises';
import { requestRun } from '@margay/scheduler';
import { serviceProcess } from '../../test/testing/service-process.ts';
import type { Change, Version } from '@margay/history';
import { benchCluster } from '../reports/cluster.ts';
import { installation, type Installation, verdict } from './servers.ts';

const GOAL = 1.5;
const WINDOWS = 20;

/** Of each namespace: each changes which policies apply to its hundred pods, so that little is read and much computed. */
const RELABELS = 300;

/** Twenty windows that are costly to compute, by one worker and by two. */
export async function benchSecondWorker(print: (line: string) => void, quick: boolean): Promise<void> {
  const { versions: still, window } = benchCluster(quick ? 500 : 2_000, 0);
  const versions = still.flatMap((version) =>
    version.resource === 'namespaces' ? relabelled(version, window.start, RELABELS) : [version],
  );
  const own = await installation('workers', WINDOWS);
  const workers = [serviceProcess('report-worker', own.environment)];
  try {
    const changes = versions.map((version, i): Change => {
      const { validFrom: at, validTo: _, ...facts } = version;
      const id = `v${i}`;
      const origin = { source: 'bench', position: i };
      return {
        ...facts,
        id,
        eventId: id,
        what: 'present',
        resourceVersion: String(i + 1),
        at,
        receivedAt: at,
        origin,
      };
    });
    for (let at = 0; at < changes.length; at += 5_000)
      await own.stores.history.append(changes.slice(at, at + 5_000));
    await workers[0]!.url();
    await run(own, window, 'warm', 2);
    const one = await run(own, window, 'one', WINDOWS);
    workers.push(serviceProcess('report-worker', own.environment));
    await workers[1]!.url();
    // Until both have their partitions.
    await run(own, window, 'both', 4);
    await sleep(5_000);
    const two = await run(own, window, 'two', WINDOWS);
    print(
      `${WINDOWS} windows of ${versions.length} versions: ${one.toFixed(1)} s with one worker, ${two.toFixed(1)} s with two`,
    );
    print(`  speed of two against one: ${verdict(one / two, GOAL)}`);
  } finally {
    for (const worker of workers) worker.end();
    await own.close();
  }
}

/** Seconds until so many windows are archived. */
async function run(
  { bus, stores }: Installation,
  window: { start: number; end: number },
  name: string,
  count: number,
): Promise<number> {
  const spec = { reportType: 'network-access' };
  const start = performance.now();
  for (let i = 0; i < count; i++)
    await requestRun(bus, stores, 'bench', { name: `${name}-${i}`, spec }, window, Date.now() * 1_000 + i);
  for (;;) {
    const { headers } = await stores.archive.headers({ limit: 200 });
    if (headers.filter(({ reportName }) => reportName.startsWith(`${name}-`)).length === count)
      return (performance.now() - start) / 1_000;
    await sleep(200);
  }
}

/** The namespace with another label every minute. */
function relabelled(version: Version, start: number, times: number): Version[] {
  const at = (n: number) => (n === 0 ? version.validFrom : start + n * 60_000_000);
  return Array.from({ length: times }, (_, n) => {
    const metadata = { ...version.content.metadata, labels: { env: n % 2 === 0 ? 'dev' : 'prod' } };
    return {
      ...version,
      content: { ...version.content, metadata },
      validFrom: at(n),
      ...(n + 1 < times && { validTo: at(n + 1) }),
    };
  });
}
