import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint, verifierKeyText } from '@margay/ledger';
import { openEmbeddedBus } from '@margay/messaging';
import { computeReport, splitReport } from '@margay/reports';
import { logReports, openEmbedded } from '@margay/storage';
import { cellsOf, hubHere, logKeyOf } from '../../test/testing/hub-here.ts';
import { benchCluster } from '../reports/cluster.ts';
import { spent } from '../spent.ts';

const REPORTS = ['access', 'daily', 'weekly'];
const PODS = 100;

/** How fast a hub of many clusters says how they are, and what memory it takes. */
export async function run(print: (line: string) => void, { quick = false } = {}): Promise<void> {
  const clusters = Array.from({ length: quick ? 100 : 1_000 }, (_, i) => `cluster-${i}`);
  const directory = mkdtempSync(join(tmpdir(), 'margay-bench-'));
  const bus = openEmbeddedBus(':memory:');
  try {
    const headers = headersOf();
    for (const cluster of clusters) await fill(join(directory, cluster), cluster, headers);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const begun = process.cpuUsage();
    const cells = cellsOf(...clusters);
    const hub = await hubHere({ bus, directory, cells, clock: () => Date.now() * 1_000 });
    const start = spent(begun);
    const [first, second] = [
      await timed(() => hub.ask('/clusters')),
      await timed(() => hub.ask('/clusters')),
    ];
    globalThis.gc?.();
    const memory = process.memoryUsage().rss - before;
    const shown = Object.values(await hub.clusters()).filter(({ told }) => Boolean(told?.lastReport)).length;
    await hub.app.close();
    print(
      `${clusters.length} clusters with ${REPORTS.length} reports each, ${shown} of them shown: start ${start.toFixed(0)} ms of the processor, ` +
        `first answer of /clusters ${first.toFixed(0)} ms, the next ${second.toFixed(0)} ms, ${(memory / 1e6).toFixed(0)} MB more`,
    );
  } finally {
    await bus.close();
    rmSync(directory, { recursive: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = process.cpuUsage();
  await work();
  return spent(begun);
}

/** What a report over some pods has as its header. */
function headersOf() {
  const { versions, window } = benchCluster(PODS, PODS);
  const report = computeReport({
    name: 'daily',
    spec: { reportType: 'inventory' },
    window,
    cluster: 'c',
    versions,
  });
  const { header: content, digest } = splitReport(report);
  return { content, digest, window };
}

/** What a cell told of its cluster. */
async function fill(
  folder: string,
  cluster: string,
  { content, digest, window }: ReturnType<typeof headersOf>,
): Promise<void> {
  const stores = openEmbedded(folder, { isOfHub: true });
  const key = logKeyOf(cluster);
  const headers = [];
  for (const reportName of REPORTS)
    headers.push(
      await stores.archive.complete({
        id: `${reportName}-1`,
        cluster,
        reportName,
        reportType: 'inventory',
        ...window,
        generatedAt: window.end,
        digest,
        parts: [],
        content,
      }),
    );
  const { checkpoint } = (await logReports(stores, headers, key))!;
  const { size, root } = readCheckpoint(Buffer.from(checkpoint), []);
  await stores.mirror!.keep({
    head: { size, root, checkpoint, key: verifierKeyText(key) },
    entries: [],
    signedAt: Date.now() * 1_000,
    signersAt: () => [verifierKeyText(key)],
  });
  await stores.close();
}
