import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { doubtsFor, type CoverageMark } from '@margay/coverage';
import { DAY, formatInstant, type Instant } from '@margay/ground';
import {
  auditedResources,
  computeReport,
  namesToAsk,
  readGlobalReport,
  reportInput,
  sightsToAsk,
  REPORT_TYPES,
  TemplateProblem,
  toReportJson,
  typeOfReport,
  type GlobalReport,
  type Report,
} from '@margay/reports';
import { makeFolder, openProgress } from '@margay/runtime';
import { readManifests } from '@margay/scheduler';
import { say, UsageError, write } from '@margay/terminal';
import { Command, Option } from 'commander';
import {
  BASELINE,
  checkWindow,
  flowLogsTaken,
  instantOption,
  listOption,
  privateNetworksOption,
} from '../options.ts';
import { baselineFilesOf, readBaseline, type BaselineOptions } from '../read-baseline.ts';
import { readLogs, type LogEvidence } from '../read-logs.ts';
import { saidUid } from '../said-uid.ts';
import { summaryLines } from '../summary-lines.ts';

interface ReportOptions extends BaselineOptions {
  readonly type?: string;
  readonly auditLog: string[];
  readonly flowLog?: string[];
  readonly start?: Instant;
  readonly end?: Instant;
  readonly name?: string;
  readonly selector?: string;
  readonly namespaces?: string[];
  readonly namespaceSelector?: string;
  readonly serviceAccounts?: string[];
  readonly serviceAccountSelector?: string;
  readonly cluster: string;
  readonly out?: string;
  readonly config?: string;
  readonly privateNetworks?: readonly string[];
}

/** `margay report`: one report from logs, without a server. */
export function reportCommand(): Command {
  return new Command('report')
    .addOption(new Option('--type <type>', 'what to report').choices([...REPORT_TYPES.keys()]))
    .requiredOption(
      '--audit-log <file...>',
      'audit logs: plain, gzip, zstd, a pipe, - for standard input, or a folder of them; NAME=FILE to call one otherwise than its file',
    )
    .option('--flow-log <file...>', `${flowLogsTaken()}, for a network-access report's traffic`)
    .addOption(BASELINE.files())
    .addOption(BASELINE.at())
    .addOption(BASELINE.kinds())
    .option('--start <time>', 'start of the window, RFC 3339; the first event unless given', instantOption)
    .option(
      '--end <time>',
      'end of the window, not part of it; just behind the last event unless given',
      instantOption,
    )
    .option(
      '--name <name>',
      "the report's name, its type unless given; with --config, which of several GlobalReports is meant",
    )
    .option(
      '--cluster <name>',
      "the cluster's name, printed in reports, and by which CLUSTER_UIDS says whose logs these are; none unless given",
      '',
    )
    .option('--selector <selector>', 'only endpoints whose labels match, as in "app == \'web\'"')
    .option('--namespaces <names>', 'only endpoints of these namespaces: a,b', listOption)
    .option('--namespace-selector <selector>', 'only endpoints of namespaces whose labels match')
    .option('--service-accounts <names>', 'only endpoints of these service accounts: a,b', listOption)
    .option('--service-account-selector <selector>', 'only endpoints of service accounts whose labels match')
    .addOption(privateNetworksOption())
    .option('--config <file>', 'take name, type and scope from a GlobalReport manifest; options win over it')
    .option(
      '--out <dir>',
      'write report.json and every download of the type there; otherwise report.json is printed',
    )
    .addHelpText(
      'after',
      `
The same logs always give the same bytes, wherever they lie. Conditions on endpoints are all to be met.

Examples:
  margay report --type inventory --audit-log audit.log --out ./report
  margay report --type network-access --audit-log audit-*.log.gz --flow-log flows.log --namespaces shop,pay
  margay report --config daily-production-inventory.yaml --audit-log - --start 2026-11-23T00:00:00Z --end 2026-11-24T00:00:00Z`,
    )
    .action(async (options: ReportOptions) => {
      if (options.start !== undefined && options.end !== undefined) checkWindow(options.start, options.end);
      const report = await globalReportOf(options);
      const computed = await compute(report, options);
      if (options.out === undefined) {
        for (const text of toReportJson(computed)) await write(text);
        return;
      }
      await writeReport(computed, options.out);
      say(`${summaryLines(computed).join('\n')}\nWritten to ${options.out}\n`);
    });
}

/** The GlobalReport that the options, and the manifest they name, describe. */
async function globalReportOf(options: ReportOptions): Promise<GlobalReport> {
  const given = options.config === undefined ? undefined : await manifestOf(options.config, options.name);
  const type = options.type ?? given?.spec.reportType;
  if (type === undefined) {
    throw new UsageError(
      `Which report? Give --type ${[...REPORT_TYPES.keys()].join(' | ')}, or --config with a GlobalReport`,
    );
  }
  const { selector, namespaces, namespaceSelector, serviceAccounts, serviceAccountSelector } = options;
  const conditionOf = (names?: readonly string[], matching?: string) =>
    names === undefined && matching === undefined
      ? undefined
      : { ...(names && { names }), ...(matching !== undefined && { selector: matching }) };
  const endpoints = {
    ...given?.spec.endpoints,
    ...(selector !== undefined && { selector }),
    ...defined('namespaces', conditionOf(namespaces, namespaceSelector)),
    ...defined('serviceAccounts', conditionOf(serviceAccounts, serviceAccountSelector)),
  };
  const typeSpec = type === given?.spec.reportType ? given.typeSpec : undefined;
  const manifest = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReport',
    metadata: { name: options.name ?? given?.name ?? type },
    spec: {
      reportType: type,
      ...(Object.keys(endpoints).length > 0 && { endpoints }),
      ...(given?.spec.schedule !== undefined && { schedule: given.spec.schedule }),
    },
  };
  const read = readGlobalReport(manifest, new Map(typeSpec && [[type, typeSpec]]));
  if ('problems' in read) throw new UsageError(read.problems.map((problem) => problem.toString()).join('\n'));
  return read.report;
}

const defined = <K extends string, V>(name: K, value: V | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [key in K]?: V };

/** The GlobalReport of a manifest: the only one, or of several the one of that name. */
async function manifestOf(path: string, name: string | undefined): Promise<GlobalReport> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  const { reports, problems } = readManifests([{ file: path, text }]);
  const names = new Set([
    ...reports.map(({ report }) => report.name),
    ...problems.flatMap(({ report }) => report ?? []),
  ]);
  const said = (told: typeof problems): string[] => told.map(({ message }) => message);
  // One alone is meant whatever it is called: a name given beside it is a new one.
  const meant = names.size === 1 ? [...names][0] : name;
  const wrong = problems.filter(({ report }) => report === undefined || report === meant);
  const found = reports.find(({ report }) => report.name === meant);
  if (found !== undefined && wrong.length === 0) return found.report;
  if (names.size > 1 && (meant === undefined || !names.has(meant))) {
    const which = `${path} holds the GlobalReports ${[...names].join(', ')}: choose one of them with --name`;
    throw new UsageError([...said(problems), which].join('\n'));
  }
  throw new UsageError(wrong.length > 0 ? said(wrong).join('\n') : `${path} holds no GlobalReport`);
}

async function compute({ name, spec, typeSpec }: GlobalReport, options: ReportOptions): Promise<Report> {
  const progress = openProgress();
  const audited = auditedResources({ spec, ...(typeSpec && { typeSpec }) });
  const logs = await readLogs(options.auditLog, options.flowLog ?? [], progress, {
    audited,
    uid: saidUid(process.env, options.cluster),
  });
  const start = options.start ?? logs.span?.start;
  const end = options.end ?? logs.span?.end;
  if (start === undefined || end === undefined) {
    throw new Error(
      `No event with a time was found in ${options.auditLog.join(', ')}: give audit logs of kube-apiserver (JSON lines), or --start and --end`,
    );
  }
  checkWindow(start, end);
  if (logs.span && logs.span.end > Date.now() * 1000 + DAY) {
    say(
      `margay: the last event is from ${formatInstant(logs.span.end)}, which is in the future: check its clock\n`,
    );
  }
  const window = { start, end };
  const baseline = await baselineOf(options, logs);
  const input = reportInput(
    {
      name,
      spec,
      ...(typeSpec && { typeSpec }),
      cluster: options.cluster,
      window,
      ...defined('privateNetworks', options.privateNetworks),
    },
    { ...logs, marks: [...logs.marks, ...baseline], versions: logs.history.versions() },
  );
  const sights = new Map(
    sightsToAsk(input).map((from) => [from, logs.history.firstSights({ from, before: window.end })]),
  );
  const told = logs.history.told(namesToAsk(input), window.end);
  const computed = computeReport({ ...input, sights, told });
  for (const { source, line, message } of computed.evidence.sources?.flows.problems.listed.slice(0, 20) ?? [])
    say(`margay: ${source}:${line}: ${message}\n`);
  return computed;
}

/** What lists of the cluster show goes into the history; gives that they do. */
async function baselineOf(
  options: ReportOptions,
  { history, marks, birth }: LogEvidence,
): Promise<readonly CoverageMark[]> {
  const files = baselineFilesOf(options);
  if (files === undefined) return [];
  const then = { start: files.at, end: files.at + 1 };
  const doubts = doubtsFor(marks, then, defined('birth', birth));
  const baseline = await readBaseline(files, { versions: history.versions(), doubts });
  history.add(baseline.changes);
  return baseline.marks;
}

/** What a template of users makes, within the limits that it has in the api. */
async function rendered(report: Report, name: string): Promise<string> {
  // Loaded where it is needed: most reports have no templates of users.
  const { renderInOwnProcess } = await import('@margay/api');
  return renderInOwnProcess(report, name);
}

/** `report.json` and every download of the report's type, into a folder that is made where there is none. */
export async function writeReport(report: Report, folder: string): Promise<void> {
  makeFolder(folder);
  const save = (name: string, text: Iterable<string>) => saveWhole(join(folder, name), text);
  await save('report.json', toReportJson(report));
  const problems: string[] = [];
  for (const download of typeOfReport(report).downloads) {
    try {
      const text = download.isTemplate ? [await rendered(report, download.name)] : download.render(report);
      await save(download.name, text);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      problems.push(`${download.name} is not written: ${error.message}`);
    }
  }
  // The other files are there: they need not be made again.
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Makes a file when all of it is on the disk: where that is full, what was there stays. @throws Error that names the file. */
async function saveWhole(file: string, text: Iterable<string>): Promise<void> {
  const made = `${file}.new`;
  try {
    await pipeline(Readable.from(text), createWriteStream(made, { flush: true }));
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true }).catch(() => {});
    // What makes the text has words of its own.
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new Error(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
