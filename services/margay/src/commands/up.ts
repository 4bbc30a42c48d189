import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_GROUP, findConnection, KubernetesClient, Permissions } from '@margay/kubernetes';
import { notifySettings } from '@margay/notifier';
import { openProgress, parseGoDuration, readConfig, stopSignal, type Environment } from '@margay/runtime';
import { REPORT_TYPES } from '@margay/reports';
import { readReportsFolder, type ScheduledReport } from '@margay/scheduler';
import { openEmbedded } from '@margay/storage';
import { anyone, archivedReport, byKubernetes, byToken, type Access } from '@margay/api';
import { Command, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { UsageError } from '../exit.ts';
import { flowLogsTaken } from '../options.ts';
import { runPipeline, type PipelineEvent, type PipelineOptions } from '../pipeline.ts';
import { summaryLines } from '../summary-lines.ts';

interface UpOptions {
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly cluster: string;
  readonly auditLog?: string[];
  readonly flowLog?: string[];
  readonly follow?: true;
  readonly watch?: true;
  readonly kubeconfig?: string;
  readonly reports?: string;
  readonly startDelay: number;
  readonly group: string;
  readonly permissions: 'kubernetes' | 'token' | 'none';
}

const RECORDED = fileURLToPath(new URL('../../../../test/clusters/cluster-a/', import.meta.url));
const PREDEFINED: readonly ScheduledReport[] = [...REPORT_TYPES.keys()].map((reportType) => ({
  report: { name: reportType, spec: { reportType } },
}));

/** `margay up`: everything in one process. */
export function upCommand(): Command {
  return new Command('up')
    .description('Run everything in one process: read logs, keep the history, compute and serve reports.')
    .option('--data <dir>', 'folder for everything that is kept', './data')
    .option('--port <port>', 'port of the page and the API', portOption, 8080)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--cluster <name>', "the cluster's name, printed in reports", 'cluster-a')
    .option('--audit-log <file...>', 'audit logs; the recorded cluster unless given')
    .option('--flow-log <file...>', flowLogsTaken())
    .option(
      '--follow',
      'the logs go on growing: follow them through rotations, and run reports on their schedules',
    )
    .option('--watch', 'follow a cluster by list and watch; with --audit-log, too')
    .option(
      '--kubeconfig <file>',
      'of the cluster to watch; KUBECONFIG or the pod’s service account unless given',
    )
    .option(
      '--reports <dir>',
      `folder of GlobalReport manifests; ${[...REPORT_TYPES.keys()].join(', ')} unless given, with --watch the GlobalReports of the cluster`,
    )
    .option(
      '--start-delay <duration>',
      'with --follow, how long after its end a window is reported, as in 30m',
      delayOption,
      delayOption(process.env['TIGERA_COMPLIANCE_JOB_START_DELAY'] ?? '30m'),
    )
    .option('--group <group>', 'API group of GlobalReports', DEFAULT_GROUP)
    .addOption(
      new Option(
        '--permissions <how>',
        'who may see what: ask the cluster’s API server, want the token in MARGAY_TOKEN, or ask nobody',
      )
        .choices(['kubernetes', 'token', 'none'])
        .default(process.env['MARGAY_TOKEN'] === undefined ? 'none' : 'token'),
    )
    .addHelpText(
      'after',
      `
Without --follow the logs are read to their end, every report runs once over what they cover, and the results are
served until you stop it. With --follow reports run on their schedules (cron, UTC): the end of one window is the start of
the next. Everything survives a kill: a second start goes on where the first one was. With NOTIFY_URL set, finished, failed and
worse reports are posted there (docs/configuration.md, notifier).

Examples:
  margay up
  margay up --audit-log audit.log.gz --data ./my-cluster
  margay up --audit-log /var/log/kubernetes/audit.log --follow --reports ./reports --start-delay 1m
  margay up --watch --kubeconfig ~/.kube/config --cluster my-cluster --reports ./reports --start-delay 1m`,
    )
    .action(run);
}

async function run(options: UpOptions): Promise<void> {
  const { data, auditLog, flowLog = [], cluster } = options;
  const follow = options.follow === true || options.watch === true;
  if (follow && options.watch === undefined && auditLog === undefined)
    throw new UsageError('--follow needs --audit-log: which log goes on growing?');
  const auditLogs = auditLog ?? (options.watch ? [] : [join(RECORDED, 'audit.jsonl.gz')]);
  for (const path of follow ? [] : [...auditLogs, ...flowLog].filter((path) => path !== '-')) {
    await access(path, constants.R_OK).catch((error: Error) => {
      throw new Error(`Cannot read ${path}: ${error.message}`, { cause: error });
    });
  }
  if (options.reports !== undefined) {
    await readdir(options.reports).catch((error: Error) => {
      throw new Error(`Cannot read the reports folder ${options.reports}: ${error.message}`, {
        cause: error,
      });
    });
  }
  const say = speaker(options);
  const told = new Set<string>();
  const reports = async () => {
    if (options.reports === undefined) return PREDEFINED;
    const folder = await readReportsFolder(options.reports);
    for (const problem of folder.problems) {
      if (!told.has(problem)) process.stderr.write(`margay: ${problem}\n`);
      told.add(problem);
    }
    return folder.reports;
  };
  await runPipeline({
    directory: data,
    cluster,
    auditLogs,
    flowLogs: flowLog,
    ...(options.watch && { watch: await findConnection(process.env, options.kubeconfig) }),
    follow,
    group: options.group,
    ...(!(options.watch && options.reports === undefined) && { reports }),
    startDelay: options.startDelay * 1000,
    host: options.host,
    port: options.port,
    access: await accessOf(options),
    ...notifyOf(process.env),
    // Where nobody is asked, a page elsewhere must not reach it through another name.
    ...(options.permissions === 'none' && { hosts: ['127.0.0.1', 'localhost', '[::1]', options.host] }),
    signal: stopSignal(),
    tell: say,
  });
}

/** Whom to tell, by the notifier's own variables. */
function notifyOf(environment: Environment): Pick<PipelineOptions, 'notify'> {
  if (!environment['NOTIFY_URL']) return {};
  const settings = readConfig(z.object(notifySettings), environment);
  const { NOTIFY_URL: url, NOTIFY_SECRET: secret, NOTIFY_REGRESSIONS: rules, NOTIFY_AGE_MAX: age } = settings;
  return { notify: { url, rules, ageMax: age * 1_000, ...(secret !== undefined && { secret }) } };
}

async function accessOf({ permissions, kubeconfig, group }: UpOptions): Promise<Access> {
  switch (permissions) {
    case 'kubernetes':
      return byKubernetes(
        new Permissions(new KubernetesClient(await findConnection(process.env, kubeconfig)), { group }),
      );
    case 'token': {
      const token = process.env['MARGAY_TOKEN'];
      if (!token) throw new UsageError('--permissions token needs the token in MARGAY_TOKEN');
      return byToken(token);
    }
    case 'none':
      return anyone;
  }
}

/** Shows on a terminal what goes on. */
function speaker({ data, follow, watch, auditLog }: UpOptions): (event: PipelineEvent) => void {
  const progress = openProgress();
  let lines = 0;
  let url = '';
  if (auditLog === undefined && !watch)
    process.stderr.write('No --audit-log given: loading the recorded cluster that ships with Margay.\n');
  return (event) => {
    switch (event.kind) {
      case 'serving':
        ({ url } = event);
        if (follow || watch) process.stderr.write(`Serving ${url}; stop with Ctrl-C.\n`);
        break;
      case 'lines':
        lines += event.lines;
        progress.update(`Reading ${event.path}: ${lines.toLocaleString('en')} lines`);
        break;
      case 'keeping':
        progress.update(`Keeping the history: ${event.waiting.toLocaleString('en')} messages left`);
        break;
      case 'kept':
        progress.done(
          lines > 0
            ? `Read ${lines.toLocaleString('en')} lines.`
            : 'Nothing new to read: the data is here already.',
        );
        break;
      case 'computing':
        progress.update(`Computing reports: ${event.left} left`);
        break;
      case 'reported':
        void summarize(data, event.new).then(() =>
          process.stderr.write(`\nReports and downloads: ${url} (stop with Ctrl-C)\n`),
        );
        break;
      case 'attempt-failed':
        process.stderr.write(`margay: attempt ${event.attempt} of ${event.id} failed: ${event.reason}\n`);
        break;
      case 'unwatched':
        process.stderr.write(`margay: the cluster cannot be watched, trying again: ${event.reason}\n`);
        break;
      case 'dead-letter':
        process.stderr.write(
          `margay: a message of ${event.topic} cannot be used and was set aside: ${event.reason}\n`,
        );
        break;
    }
  };
}

/** The newest reports at a glance. */
async function summarize(directory: string, fresh: number): Promise<void> {
  const stores = openEmbedded(directory, { readOnly: true });
  try {
    const { headers } = await stores.archive.headers({ limit: 20 });
    const newest = [...new Map(headers.map((header) => [header.reportName, header] as const)).values()];
    process.stdout.write(
      fresh > 0 ? `\n${fresh} new reports\n` : '\nNo new reports: these are archived already\n',
    );
    for (const { id } of newest.reverse()) {
      const report = await archivedReport(stores.archive, id);
      if (report) process.stdout.write(`\n${summaryLines(report).join('\n')}\n`);
    }
  } finally {
    await stores.close();
  }
}

function portOption(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('It is no port: give 0 to 65535.');
  return port;
}

function delayOption(text: string): number {
  try {
    return parseGoDuration(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
