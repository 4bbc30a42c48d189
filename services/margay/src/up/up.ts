import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  anyone,
  archivedReport,
  byKubernetes,
  byToken,
  doorOf,
  doorProblems,
  doorSettings,
  ownHosts,
  sinkOf,
  sinkSettings,
  tlsOf,
  isLate,
  lateOf,
  runsOf,
  type Authority,
} from '@margay/api';
import type { Run } from '@margay/api-contract';
import { CANARY_STAGE, WATCH_STAGE } from '@margay/audit-ingestor/module';
import { confirmationSettings, confirmersOf } from '@margay/confirmations';
import { formatInstant, type Instant } from '@margay/ground';
import { findConnection, KubernetesClient, Permissions, type Connection } from '@margay/kubernetes';
import { notifierOptionsOf, notifySettings } from '@margay/notifier';
import { REPORT_TYPES } from '@margay/reports';
import { isGiven, openLog, openProgress, readConfig, stopSignal, type Environment } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { readReportsFolder, type ReportsFolder, type ScheduledReport } from '@margay/scheduler';
import { checkLogs, logFileOf, logsNamed } from '@margay/sources';
import { ArchiveDamaged, databaseIn, isUnusable, openEmbedded, type Stores } from '@margay/storage';
import { say, UsageError } from '@margay/terminal';
import * as z from 'zod';
import { ownToken } from '../ask-api.ts';
import { saidUid } from '../said-uid.ts';
import { baselineFilesOf, type BaselineOptions } from '../read-baseline.ts';
import { summaryLines } from '../summary-lines.ts';
import { unreadableLine } from '../unreadable.ts';
import { claimFolder, folderOf, OtherCluster } from './data-folder.ts';
import { ledgerKeyIn, sayOtherHead } from './ledger-key.ts';
import { MargayModule, type MargayOptions } from './margay.module.ts';
import { sayOpenToOthers } from './open-to-others.ts';
import { terminalLog } from './terminal-log.ts';
import type { Reported } from './span-reports.ts';
import type { Tell } from './up-event.ts';

/** The options of `margay up`. */
export interface UpOptions extends BaselineOptions {
  readonly data?: string;
  readonly port: number;
  readonly host: string;
  readonly cluster?: string;
  readonly auditLog?: string[];
  readonly flowLog?: string[];
  readonly follow?: true;
  readonly watch?: true;
  /** Milliseconds between canaries. */
  readonly canary?: number;
  readonly canaryServers?: readonly string[];
  readonly kubeconfig?: string;
  readonly reports?: string;
  readonly startDelay: number;
  readonly since?: Instant;
  readonly group: string;
  readonly hosts?: readonly string[];
  readonly permissions: 'kubernetes' | 'token' | 'none';
  readonly privateNetworks?: readonly string[];
}

const RECORDED = fileURLToPath(new URL('../../../../test/clusters/cluster-a/', import.meta.url));
/** What that cluster is called. */
const RECORDED_NAME = 'cluster-a';
const PREDEFINED: readonly ScheduledReport[] = [...REPORT_TYPES.keys()].map((reportType) => ({
  report: { name: reportType, spec: { reportType } },
}));

/** Longer than anything that may be at hand: whoever asks for a stop twice gets it at once. */
const STOP_SECONDS = 3_600;

/** Runs everything in one process until it is asked to stop. */
export async function up(options: UpOptions): Promise<void> {
  const follow = options.follow === true || options.watch === true;
  const { auditLog } = options;
  if (follow && options.watch === undefined && auditLog === undefined)
    throw new UsageError('--follow needs --audit-log: which log goes on growing?');
  const isOwn = auditLog !== undefined || options.watch === true;
  if (isOwn && options.cluster === undefined) throw new UsageError(WHICH_CLUSTER);
  checkSince(options);
  const canary = canaryOf(options);
  const baseline = baselineFilesOf(options);
  const cluster = options.cluster ?? RECORDED_NAME;
  const data = options.data ?? folderOf(cluster);
  const [auditLogs, flowLogs] = await logsOf(options, follow);
  await checkReports(options);
  const serving = Promise.withResolvers<string>();
  // Settings that are wrong leave nothing behind: a folder without a database looks like one that lost it.
  const whoMay = await accessOf(options);
  const { tls, ...door } = doorFor(options);
  const others = othersOf(process.env, cluster);
  const watch = options.watch && { watch: await connectionOf(options) };
  const { admit, isEmptied, noteBegun } = await claimFolder(data, cluster);
  sayOf(data, isEmptied);
  const tell = speaker(isOwn);
  const ledgerKey = await ledgerKeyIn(data, cluster, process.env);
  const reports = readerOf(options);
  const module = MargayModule.of({
    directory: data,
    cluster,
    auditLogs,
    flowLogs,
    ...watch,
    ...canary,
    follow,
    group: options.group,
    installation: process.env['INSTALLATION_NAME'] || `${hostname()}:${resolve(data)}`,
    ...(!(options.watch && options.reports === undefined) && { reports }),
    ...(baseline && { baseline }),
    startDelay: options.startDelay * 1000,
    ledgerKey,
    ...(options.since !== undefined && { since: options.since }),
    ...(options.privateNetworks && { privateNetworks: options.privateNetworks }),
    api: { access: () => whoMay, ...door },
    ...others,
    tell,
    whenReported: async (reported) => {
      await summarize(data, reported);
      say(`\nReports and downloads: ${await serving.promise} (stop with Ctrl-C)\n`);
    },
    admit,
  });
  const { url, ended } = await startApplication({
    modules: [module],
    // Standard output is for data.
    log: terminalLog(openLog({ service: 'margay', level: 'warn', to: process.stderr }), tell),
    host: options.host,
    port: options.port,
    ...(tls && { tls }),
    signal: stopSignal(),
    stopSeconds: STOP_SECONDS,
    // Here nothing is away that comes back, but for the cluster.
    restarts: (stage, error) =>
      (stage === WATCH_STAGE || stage === CANARY_STAGE) &&
      !(error instanceof OtherCluster || isUnusable(error)),
  });
  noteBegun();
  serving.resolve(url);
  if (follow) say(`Serving ${url}; stop with Ctrl-C.\n`);
  await ended;
  await sayOtherHead(data, ledgerKey, process.env);
}

const WHICH_CLUSTER =
  'Which cluster is this? Give its name with --cluster: it is printed in every report, and its data is kept in ./data/<name> unless --data says otherwise';

/** The audit logs and the flow logs. @throws Error for one that cannot be read. */
async function logsOf(
  { auditLog, flowLog, watch }: UpOptions,
  follow: boolean,
): Promise<[string[], string[]]> {
  const named = auditLog ?? (watch ? [] : [join(RECORDED, 'audit.jsonl.gz')]);
  // Of a folder that goes on growing nobody knows which file is to be followed.
  const [auditLogs, flowLogs] = (await Promise.all(
    [named, flowLog ?? []].map(async (logs) => (follow ? logs : logsNamed(logs))),
  )) as [string[], string[]];
  for (const logs of [auditLogs, flowLogs]) await checkLogs(logs.map(logFileOf), follow);
  return [auditLogs, flowLogs];
}

/** Tells what of a folder is not as it should be. */
function sayOf(data: string, isEmptied: boolean): void {
  sayOpenToOthers(data, 'write');
  if (!isEmptied) return;
  say(
    `margay: ${databaseIn(data)} is gone, and with it the history, the reports and the places that logs were read to: the logs are read again from their beginnings\n`,
  );
}

/** Reads the GlobalReports of the folder, or gives the predefined ones. */
const readerOf =
  ({ reports: folder }: UpOptions) =>
  async (): Promise<ReportsFolder> =>
    folder === undefined ? { reports: PREDEFINED, problems: [] } : readReportsFolder(folder);

/** @throws Error for a folder of GlobalReports that cannot be read. */
async function checkReports({ reports }: UpOptions): Promise<void> {
  if (reports === undefined) return;
  await readdir(reports).catch((error: Error) => {
    throw new Error(`Cannot read the reports folder ${reports}: ${error.message}`, { cause: error });
  });
}

/** @throws UsageError for a time that is yet to come: no window would be of the past. */
function checkSince({ since }: UpOptions): void {
  if (since !== undefined && since > Date.now() * 1_000)
    throw new UsageError(`--since ${formatInstant(since)} is yet to come: give a time that is over`);
}

function canaryOf({ canary, canaryServers, watch }: UpOptions): Pick<MargayOptions, 'canary'> {
  if (canary === undefined) {
    if (canaryServers === undefined) return {};
    throw new UsageError('--canary-servers needs --canary: without it nothing is written through them');
  }
  if (watch === undefined)
    throw new UsageError('--canary needs --watch: through which API servers is it to write?');
  return { canary: { intervalMilliseconds: canary, ...(canaryServers && { servers: canaryServers }) } };
}

/** The cluster that is watched; what is wrong with the way to it is told at once. */
async function connectionOf({ kubeconfig }: UpOptions): Promise<() => Promise<Connection>> {
  const connection = await findConnection(process.env, kubeconfig);
  return async () => connection;
}

/** Whom to tell, who confirms the log, and whose the evidence is, by the variables of the notifier, the report-worker and the ingestors. */
function othersOf(
  environment: Environment,
  cluster: string,
): Pick<MargayOptions, 'notify' | 'confirmers' | 'clusterUids'> {
  const uid = saidUid(environment, cluster);
  const own = {
    confirmers: confirmersOf(readConfig(z.object(confirmationSettings), environment)),
    clusterUids: new Map(uid === undefined ? [] : [[cluster, uid]]),
  };
  if (!isGiven('NOTIFY_URL', environment)) return own;
  return { ...own, notify: notifierOptionsOf(readConfig(z.object(notifySettings), environment)) };
}

async function accessOf({ permissions, kubeconfig, group }: UpOptions): Promise<Authority> {
  switch (permissions) {
    case 'kubernetes':
      return byKubernetes(
        new Permissions(new KubernetesClient(await findConnection(process.env, kubeconfig)), { group }),
      );
    case 'token': {
      const token = ownToken();
      if (token === undefined) throw new UsageError('--permissions token needs the token in MARGAY_TOKEN');
      return byToken(token);
    }
    case 'none':
      return anyone;
  }
}

/** How people come in, and where copies go, by the api's own variables. */
function doorFor(
  options: UpOptions,
): ReturnType<typeof doorOf> & Pick<MargayOptions['api'], 'sink'> & { tls: ReturnType<typeof tlsOf> } {
  const settings = readConfig(z.object(doorSettings), process.env);
  const problems = doorProblems(settings, options.permissions);
  if (problems.length > 0)
    throw new UsageError(problems.map(([name, message]) => `${name}: ${message}`).join('\n'));
  const door = doorOf(settings);
  const own = ownHosts(settings);
  const given = options.hosts ?? door.hosts;
  // Its own commands ask it under the names of this machine.
  const hosts = given ? [...given, ...own, ...LOOPBACK] : hostsOf(options, own);
  const sink = sinkOf(readConfig(z.object(sinkSettings), process.env));
  return { ...door, ...(sink && { sink }), ...(hosts && { hosts }), tls: tlsOf(settings) };
}

const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * The names that it may be reached under. Where nobody else can reach it, or nobody is asked, a page elsewhere must not do so through
 * another name (DNS rebinding).
 */
function hostsOf({ host, permissions }: UpOptions, own: readonly string[]): readonly string[] | undefined {
  const listens = host.includes(':') ? `[${host}]` : host;
  return permissions === 'none' || [...LOOPBACK, '::1'].includes(host)
    ? [...LOOPBACK, listens, ...own]
    : undefined;
}

/** Shows on a terminal what goes on. */
function speaker(isOwn: boolean): Tell {
  const progress = openProgress();
  let lines = 0;
  const unreadable = new Set<string>();
  if (!isOwn) say('No --audit-log given: loading the recorded cluster that ships with Margay.\n');
  return (event) => {
    switch (event.kind) {
      case 'lines':
        lines += event.lines;
        progress.update(`Reading ${event.path}: ${lines.toLocaleString('en')} lines`);
        break;
      case 'unreadable':
        // One line a log: all of them stand in the evidence of reports.
        if (!unreadable.has(event.source)) say(`margay: ${unreadableLine(event)}\n`);
        unreadable.add(event.source);
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
      case 'baseline':
        progress.done(
          `Took the baseline: ${event.objects} objects of ${event.kinds} kinds were there, ${event.ends} of the history were not.`,
        );
        break;
      case 'not-used':
        say(`margay: ${event.problem}\n`);
        break;
      case 'attempt-failed':
        say(`margay: attempt ${event.attempt} of ${event.id} failed: ${event.reason}\n`);
        break;
      case 'unwatched':
        say(`margay: the cluster cannot be watched, trying again: ${event.reason}\n`);
        break;
      case 'dead-letter':
        say(`margay: a message of ${event.topic} cannot be used and was set aside: ${event.reason}\n`);
        break;
    }
  };
}

/** So many of the newest runs are looked at, and so many of those that cannot be shown are said. */
const SUMMARIZED = 20;

/** The newest reports at a glance. One that is not what was archived is said to be that, and keeps no other from being shown. */
async function summarize(directory: string, { fresh, nothingAsked }: Reported): Promise<void> {
  const stores = openEmbedded(directory, { readOnly: true });
  try {
    let ofLog: readonly string[] = [];
    const tell = { damaged: () => undefined, log: (problems: readonly string[]) => void (ofLog = problems) };
    const runs = (await runsOf(stores, tell).all()).filter(({ state }) => state === 'completed');
    // Newest first: of each report the last one written counts.
    const newest = [
      ...new Map(
        runs
          .slice(0, SUMMARIZED)
          .toReversed()
          .map((run) => [run.report, run] as const),
      ).values(),
    ];
    const before = newest.length > 0 ? '. These were archived before' : '';
    const none = nothingAsked === undefined ? 'these are archived already' : nothingAsked + before;
    process.stdout.write(fresh > 0 ? `\n${fresh} new reports\n` : `\nNo new reports: ${none}\n`);
    const late = await lateOf(stores)(newest.filter(({ archiveProblem }) => archiveProblem === null));
    for (const run of newest) {
      process.stdout.write(`\n${(await runLines(stores, run)).join('\n')}\n`);
      const came = late.get(run.id);
      if (came && isLate(came))
        process.stdout.write(`  ${came.words}: margay run ${run.report} --revise takes that in\n`);
    }
    sayDamaged(
      runs.filter((run) => run.archiveProblem !== null && !newest.includes(run)),
      ofLog,
    );
  } finally {
    await stores.close();
  }
}

async function runLines({ archive }: Stores, run: Run): Promise<string[]> {
  const { id, report, reportType, archiveProblem } = run;
  const damaged = (problem: string) => [
    `${report} (${reportType})  ${id}`,
    `  Nothing of it is shown: ${problem}`,
  ];
  if (archiveProblem !== null) return damaged(archiveProblem);
  try {
    const found = await archivedReport(archive, id);
    return found === undefined ? damaged('it is not in the archive any more.') : summaryLines(found);
  } catch (error) {
    if (error instanceof ArchiveDamaged) return damaged(error.message);
    throw error;
  }
}

/** Says what else is not as it was archived, and what is wrong with the log of reports. */
function sayDamaged(runs: readonly Run[], ofLog: readonly string[]): void {
  const words = [...runs.map(({ id, archiveProblem }) => `${id}: ${archiveProblem}`), ...ofLog];
  for (const each of words.slice(0, SUMMARIZED)) say(`margay: ${each}\n`);
  if (words.length > SUMMARIZED)
    say(`margay: and ${words.length - SUMMARIZED} more of the kind: margay archive check --data says all\n`);
}
