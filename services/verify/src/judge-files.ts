import { createHash } from 'node:crypto';
import { type Fields, isFields } from '@margay/ground';
import { LOG_FILES, typeOfReport, type Report } from '@margay/reports';
import type { BroughtZip } from './read-evidence.ts';

/** What the files of a ZIP are, by name. */
export interface JudgedFiles {
  /** Why one is not what the manifest says; absent where all are. */
  readonly wrong?: string;
  /** Byte for byte what this release makes of the report. */
  readonly made: readonly string[];
  /** What this release makes of the report under that name is something else. */
  readonly otherwise: readonly string[];
  /** As the manifest says, which nobody signed. */
  readonly fitting: readonly string[];
  /** The manifest names them, and nothing of that name is made of the report. */
  readonly added: readonly string[];
  /** The manifest does not name them. */
  readonly foreign: readonly string[];
  /** This release makes them of the report, and they are not there. */
  readonly absent: readonly string[];
}

/** What the log and the report are judged by themselves with. */
const JUDGED_APART: readonly string[] = ['report.json', ...LOG_FILES];

/** Files that say why one that should be there is not: of a template its name stands before it. */
const PROBLEM = '.problem.txt';

/** Judges the files that stand with a report that has this digest: by the manifest, and by what is made of the report. */
export function judgeFiles(zip: BroughtZip, report: Fields): JudgedFiles {
  const { named, there } = zip;
  const wrong =
    manifestProblem(zip.manifest, report) ??
    [...named].map(([name, hash]) => problemOf(name, hash, there.get(name))).find(Boolean);
  const files: Record<'made' | 'otherwise' | 'fitting' | 'added', string[]> = {
    made: [],
    otherwise: [],
    fitting: [],
    added: [],
  };
  const renderers = wrong === undefined ? hashesOf(report) : new Map<string, undefined>();
  const isTemplate = (name: string): boolean => renderers.has(name) && renderers.get(name) === undefined;
  const mayBeOf = (name: string): boolean =>
    renderers.has(name) ||
    (name.endsWith(PROBLEM) && isTemplate(name.slice(0, -PROBLEM.length))) ||
    (name === `log${PROBLEM}` && !there.has('log-entry.json'));
  for (const [name] of named) {
    if (JUDGED_APART.includes(name)) continue;
    const is = renderers.get(name)?.();
    if (is !== undefined) files[is === there.get(name) ? 'made' : 'otherwise'].push(name);
    else files[mayBeOf(name) ? 'fitting' : 'added'].push(name);
  }
  const foreign = [...there.keys()].filter((name) => !named.has(name));
  const absent = [...renderers.keys()].filter(
    (name) => !there.has(name) && !there.has(`${name}${PROBLEM}`) && !named.has(name),
  );
  return { ...(wrong !== undefined && { wrong }), ...files, foreign, absent };
}

/** What a manifest says of its report and the report says otherwise; nobody signed the manifest, and people read it. */
function manifestProblem(manifest: Fields, report: Fields): string | undefined {
  if (manifest['digest'] !== report['digest'])
    return `manifest.json: it is of a report with the digest ${String(manifest['digest'])}, and here is ${String(report['digest'])}`;
  const said: readonly [field: string, is: unknown][] = [
    ['cluster', report['cluster']],
    ['reportName', report['reportName']],
    ['reportType', report['reportTypeName']],
    ['startTime', report['startTime']],
    ['endTime', report['endTime']],
    ['revision', report['revision'] ?? 1],
    ['supersedes', report['supersedes'] ?? null],
  ];
  const other = said.find(([field, is]) => manifest[field] !== undefined && manifest[field] !== is);
  return (
    other &&
    `manifest.json: its ${other[0]} is ${String(manifest[other[0]])}, and here is ${String(other[1])}`
  );
}

/** What of a manifest is held against the files, the report and, where there is one, the log's entry. */
const JUDGED: readonly string[] =
  'digest cluster reportName reportType startTime endTime revision supersedes files.name files.sizeBytes files.sha256 files'.split(
    ' ',
  );
const JUDGED_BY_ENTRY = ['id', 'archive.headerDigest'];

/** The names of what a manifest says and nothing is held against: of a list once, of an object what is in it. */
export function notJudgedIn(manifest: Fields, hasEntry: boolean): readonly string[] {
  const judged = new Set([...JUDGED, ...(hasEntry ? JUDGED_BY_ENTRY : [])]);
  const namesIn = (value: unknown, path: string): string[] => {
    const each = Array.isArray(value) ? value : [value];
    const fields = each.filter(isFields).flatMap((one) => Object.entries(one));
    if (fields.length === 0) return judged.has(path) ? [] : [path];
    return fields.flatMap(([name, of]) => namesIn(of, path === '' ? name : `${path}.${name}`));
  };
  return [...new Set(namesIn(manifest, ''))];
}

function problemOf(name: string, said: string, is: string | undefined): string | undefined {
  if (is === undefined) return `${name} is missing: manifest.json names it`;
  return is === said ? undefined : `${name} was changed: manifest.json says sha256 ${said}, and it has ${is}`;
}

/**
 * What makes the SHA-256 of each file that the type of a report makes of it, by name; of templates of users nothing: they would be those of
 * whoever made the file, and are not run.
 */
function hashesOf(report: unknown): ReadonlyMap<string, (() => string | undefined) | undefined> {
  // Its digest and summaries are right, which says nothing of its shape: what nobody can render has no files.
  const orNothing = <T>(body: () => T): T | undefined => {
    try {
      return body();
    } catch {
      return undefined;
    }
  };
  const downloads = orNothing(() => typeOfReport(report as Report).downloads) ?? [];
  return new Map(
    downloads.map(({ name, render, isTemplate }) => [
      name,
      isTemplate
        ? undefined
        : () =>
            orNothing(() => {
              const hash = createHash('sha256');
              for (const text of render(report as Report)) hash.update(text);
              return hash.digest('hex');
            }),
    ]),
  );
}
