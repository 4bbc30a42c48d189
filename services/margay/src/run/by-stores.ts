import { setTimeout as sleep } from 'node:timers/promises';
import { windowToAsk } from '@margay/api';
import type { ReportWindow } from '@margay/contracts';
import { findConnection, findGlobalReport, KubernetesClient } from '@margay/kubernetes';
import type { GlobalReport } from '@margay/reports';
import { openProgress } from '@margay/runtime';
import { readReportsFolder, requestRevision, requestRun } from '@margay/scheduler';
import type { Stores } from '@margay/storage';
import { say, UsageError, write } from '@margay/terminal';
import { connectAll } from '../connections.ts';
import type { RunOptions } from './run-options.ts';

const POLL_MILLISECONDS = 500;

/** Asks a distributed installation for a run or a revision by its stores and its broker, and prints its id. */
export async function runByStores(name: string, options: RunOptions): Promise<void> {
  const report = options.revise ? undefined : await reportOf(name, options);
  const { cluster, bus, stores } = await connectAll();
  try {
    const now = Date.now() * 1_000;
    const window =
      report === undefined
        ? await requestRevision(bus, stores, await runOf(stores, name), now)
        : await requestRun(bus, stores, cluster, report, await spanOf(stores, name, options, now), now);
    await follow(window, stores, options.wait === true);
    await write(`${window.id}\n`);
  } finally {
    await bus.close();
    await stores.close();
  }
}

async function follow({ id }: ReportWindow, stores: Stores, wait: boolean): Promise<void> {
  const progress = openProgress();
  for (;;) {
    const record = await stores.windows.get(id);
    if (record?.state === 'failed') throw new Error(`The run failed: ${record.reason ?? 'no reason'}`);
    if (!wait || record?.state === 'completed') break;
    progress.update(`${id}: ${record?.state ?? 'emitted'}`);
    await sleep(POLL_MILLISECONDS);
  }
  progress.done(`${id}: ${wait ? 'archived' : 'asked for'}`);
  const header = wait ? await stores.archive.header(id) : undefined;
  if (header?.supersedes === undefined) return;
  const before = await stores.archive.header(header.supersedes);
  const words =
    before?.digest === header.digest ? 'nothing changed, the digest is the same' : 'the digest is another';
  say(`Revision ${header.revision}, which supersedes ${header.supersedes}: ${words}\n`);
}

/** The run that is meant: by its id, or the newest archived one of a report. */
async function runOf({ archive }: Stores, name: string): Promise<string> {
  const { headers } = await archive.headers({ reportName: name, limit: 1 });
  return headers[0]?.id ?? name;
}

async function spanOf({ windows, history }: Stores, name: string, { start, end }: RunOptions, now: number) {
  const known = (await windows.reports()).find((report) => report.name === name);
  const asked = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
  const span = windowToAsk(known ?? {}, asked, { evidence: await history.span(), now });
  if (span === undefined) throw new UsageError('There is no evidence yet: give --start and --end');
  return span;
}

function reportOf(name: string, options: RunOptions): Promise<GlobalReport> {
  const { reports } = options;
  return reports === undefined ? reportInCluster(name, options) : reportInFolder(name, reports);
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
