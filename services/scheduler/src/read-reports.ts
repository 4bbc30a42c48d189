import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readGlobalReport } from '@margay/reports';
import { loadAll } from 'js-yaml';
import type { ScheduledReport } from './emit-windows.ts';

export interface ReportsFolder {
  readonly reports: readonly ScheduledReport[];
  /** One sentence for each manifest that is not used, with its file. */
  readonly problems: readonly string[];
}

/**
 * The GlobalReports in the YAML and JSON files of a folder, by name.
 *
 * A file's time of change stands for the instant at which its reports appeared. Other kinds are passed over, what
 * cannot be read becomes a problem, and of two reports of one name the first counts.
 */
export async function readReportsFolder(folder: string): Promise<ReportsFolder> {
  const reports = new Map<string, ScheduledReport>();
  const problems: string[] = [];
  const files = (await readdir(folder)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  for (const file of files.map((name) => join(folder, name))) {
    const { reports: found, problems: wrong } = readManifests(await readFile(file, 'utf8'));
    problems.push(...wrong.map((problem) => `${file}: ${problem}`));
    const createdAt = Math.floor((await stat(file)).mtimeMs) * 1000;
    for (const report of found) {
      if (reports.has(report.name))
        problems.push(`${file}: there is another GlobalReport ${report.name} already; this one is not used`);
      else reports.set(report.name, { report, createdAt });
    }
  }
  return {
    reports: [...reports.values()].sort((a, b) => (a.report.name < b.report.name ? -1 : 1)),
    problems,
  };
}

/** The GlobalReports of one YAML or JSON text, and what is wrong with the others. */
export function readManifests(text: string): { reports: ScheduledReport['report'][]; problems: string[] } {
  let documents: unknown[];
  try {
    documents = loadAll(text) as unknown[];
  } catch (error) {
    return { reports: [], problems: [`not YAML: ${(error as Error).message.split('\n')[0]}`] };
  }
  const reports: ScheduledReport['report'][] = [];
  const problems: string[] = [];
  for (const document of documents) {
    if ((document as { kind?: unknown } | null)?.kind !== 'GlobalReport') continue;
    const read = readGlobalReport(document);
    if ('problems' in read) problems.push(...read.problems.map((problem) => String(problem)));
    else reports.push(read.report);
  }
  return { reports, problems };
}
