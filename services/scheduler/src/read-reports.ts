import { compareTexts } from '@margay/ground';
import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  readGlobalReport,
  readReportType,
  yamlDocuments,
  YAML_LENGTH_MAX,
  type GlobalReport,
  type ReportTypeSpec,
} from '@margay/reports';
import type { ScheduledReport } from './emit-windows.ts';

export interface ReportsFolder {
  readonly reports: readonly ScheduledReport[];
  /** One sentence for each manifest that is not used, with its file. */
  readonly problems: readonly string[];
}

/**
 * The GlobalReports in the YAML and JSON files of a folder, by name, with the GlobalReportTypes that are there too.
 *
 * A file's time of change stands for the instant at which its reports appeared. Other kinds are passed over, what
 * cannot be read becomes a problem, and of two reports of one name the first counts.
 */
export async function readReportsFolder(folder: string, where: ReadWhere = {}): Promise<ReportsFolder> {
  const names = (await readdir(folder)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  const problems: string[] = [];
  const files = (
    await Promise.all(
      names.map(async (name) => {
        const file = join(folder, name);
        const entry = await stat(file);
        const wrong = unreadable(entry);
        if (wrong === undefined)
          return [{ file, createdAt: Math.floor(entry.mtimeMs) * 1000, text: await readFile(file, 'utf8') }];
        problems.push(`${file}: ${wrong}`);
        return [];
      }),
    )
  ).flat();
  const { reports: found, problems: told } = readManifests(files, where);
  problems.push(...told.map(({ message }) => message));
  const reports = new Map<string, ScheduledReport>();
  for (const { report, file, createdAt } of found) {
    if (reports.has(report.name))
      problems.push(`${file}: there is another GlobalReport ${report.name} already; this one is not used`);
    else reports.set(report.name, { report, createdAt });
  }
  return {
    reports: [...reports.values()].sort((a, b) => compareTexts(a.report.name, b.report.name)),
    problems,
  };
}

/** Why a file is not read at all: a pipe may never end, and a large file is no manifest. */
function unreadable(entry: Stats): string | undefined {
  const { size } = entry;
  if (!entry.isFile()) return 'it is no file';
  // A character has four bytes at most.
  if (size > 4 * YAML_LENGTH_MAX)
    return `it has ${size} bytes, and more than ${4 * YAML_LENGTH_MAX} are not read`;
  return undefined;
}

/** What is told of a report over many clusters where there is one. */
const ONE_CLUSTER =
  'spec.clusters is refused: here is one cluster, or nobody said that its reports may be about others (REPORTS_OVER_CLUSTERS). Take it out of the report';

/** Where manifests are read. */
export interface ReadWhere {
  /** Reports may be about other clusters (`spec.clusters`); they are refused unless set. */
  readonly overClusters?: boolean;
}

interface Manifests {
  readonly file: string;
  readonly text: string;
}

/** What is wrong with a manifest. */
export interface ManifestTold {
  /** The GlobalReport that it is about; undefined where it is about a type or the whole file. */
  readonly report: string | undefined;
  /** A sentence, with the file and the object. */
  readonly message: string;
}

/**
 * The GlobalReports of YAML or JSON texts with the file that each is from, and what is wrong with the others. They may be
 * of the GlobalReportTypes that stand in any of the texts.
 */
export function readManifests<F extends Manifests>(
  files: readonly F[],
  { overClusters = false }: ReadWhere = {},
): { reports: (F & { readonly report: GlobalReport })[]; problems: ManifestTold[] } {
  const problems: ManifestTold[] = [];
  const objects = files.flatMap((file) => {
    try {
      return yamlDocuments(file.text).map((object) => ({
        file,
        object,
        kind: (object as { kind?: unknown } | null)?.kind,
      }));
    } catch (error) {
      problems.push({ report: undefined, message: `${file.file}: ${(error as Error).message}` });
      return [];
    }
  });
  const types = new Map<string, ReportTypeSpec>();
  const refused = new Set<unknown>();
  for (const { file, object } of objects.filter(({ kind }) => kind === 'GlobalReportType')) {
    const read = readReportType(object);
    if ('type' in read) types.set(read.type.name, read.type.spec);
    if (!('problems' in read)) continue;
    const name = nameOf(object);
    refused.add(name);
    for (const problem of read.problems)
      problems.push({
        report: undefined,
        message: `${file.file}: GlobalReportType ${name}: ${String(problem)}`,
      });
  }
  const reports = objects.flatMap(({ file, object, kind }) => {
    if (kind !== 'GlobalReport') return [];
    const reportType = (object as { spec?: { reportType?: unknown } | null }).spec?.reportType;
    const isRefused = refused.has(reportType);
    // What is wrong with its type is told already, and a list of other types would be no help.
    const read = readGlobalReport(object, isRefused ? 'any' : types);
    const name = nameOf(object);
    const add = (text: string) =>
      problems.push({ report: name, message: `${file.file}: GlobalReport ${name}: ${text}` });
    for (const problem of 'problems' in read ? read.problems : []) add(String(problem));
    const isElsewhere = 'report' in read && read.report.spec.clusters !== undefined && !overClusters;
    if (isElsewhere) add(ONE_CLUSTER);
    if (isRefused)
      add(`spec.reportType is ${String(reportType)}, and the GlobalReportType of that name cannot be used`);
    return 'report' in read && !isRefused && !isElsewhere ? [{ ...file, report: read.report }] : [];
  });
  return { reports, problems };
}

/** The name of a manifest, also of one that cannot be used. */
function nameOf(object: unknown): string {
  const { name } = (object as { metadata?: { name?: unknown } | null }).metadata ?? {};
  return typeof name === 'string' ? name : '(without a name)';
}
