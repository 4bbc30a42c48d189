import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '@margay/ground';
import { DEFAULT_GROUP, findConnection, findGlobalReport, KubernetesClient } from '@margay/kubernetes';
import type { GlobalReport } from '@margay/reports';
import { openProgress } from '@margay/runtime';
import { readReportsFolder, requestRun } from '@margay/scheduler';
import { Command } from 'commander';
import { connectAll } from '../connections.ts';
import { UsageError } from '../exit.ts';
import { checkWindow, instantOption } from '../options.ts';
import { write } from '../write.ts';

interface RunOptions {
  readonly start: Instant;
  readonly end: Instant;
  readonly reports?: string;
  readonly kubeconfig?: string;
  readonly group: string;
  readonly wait?: true;
}

const POLL_MILLISECONDS = 500;

/** `margay run`: one run of a report over a window of one's choice. */
export function runCommand(): Command {
  return new Command('run')
    .argument('<name>', 'the GlobalReport')
    .requiredOption('--start <time>', 'start of the window, RFC 3339', instantOption)
    .requiredOption('--end <time>', 'end of the window, RFC 3339', instantOption)
    .option(
      '--reports <dir>',
      'folder of GlobalReport manifests; those of the cluster unless given',
      process.env['REPORTS_DIRECTORY'],
    )
    .option('--kubeconfig <file>', 'of that cluster; KUBECONFIG or the pod’s service account unless given')
    .option('--group <group>', 'API group of GlobalReports there', DEFAULT_GROUP)
    .option('--wait', 'wait until it is archived or has failed')
    .addHelpText(
      'after',
      `
Broker and archive are those of the services' settings: KAFKA_BROKERS, ELASTICSEARCH_URLS, CLUSTER_NAME and so on
(docs/configuration.md). The run is archived and listed, and does not count for the schedule.`,
    )
    .action(run);
}

async function run(name: string, options: RunOptions): Promise<void> {
  const { start, end, wait } = options;
  checkWindow(start, end);
  const report = await (options.reports === undefined
    ? reportInCluster(name, options)
    : reportInFolder(name, options.reports));
  const { cluster, bus, stores } = await connectAll();
  try {
    const window = await requestRun(bus, stores.windows, cluster, report, { start, end }, Date.now() * 1_000);
    const progress = openProgress();
    for (;;) {
      const record = await stores.windows.get(window.id);
      if (record?.state === 'failed') throw new Error(`The run failed: ${record.reason ?? 'no reason'}`);
      if (!wait || record?.state === 'completed') break;
      progress.update(`${window.id}: ${record?.state ?? 'emitted'}`);
      await sleep(POLL_MILLISECONDS);
    }
    progress.done(`${window.id}: ${wait ? 'archived' : 'asked for'}`);
    await write(`${window.id}\n`);
  } finally {
    await bus.close();
    await stores.close();
  }
}

async function reportInFolder(name: string, path: string): Promise<GlobalReport> {
  const folder = await readReportsFolder(path);
  const found = folder.reports.find(({ report }) => report.name === name);
  if (found !== undefined) return found.report;
  const names = folder.reports.map(({ report }) => report.name).join(', ') || 'none';
  throw new UsageError(
    [`There is no GlobalReport ${name} in ${path}: there are ${names}`, ...folder.problems].join('\n'),
  );
}

async function reportInCluster(name: string, { kubeconfig, group }: RunOptions): Promise<GlobalReport> {
  const client = new KubernetesClient(await findConnection(process.env, kubeconfig));
  try {
    return await findGlobalReport(client, name, group);
  } finally {
    client.close();
  }
}
