import { createHash } from 'node:crypto';
import { typeOfReport, type Report } from '@margay/reports';
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
  /** The manifest does not name them. */
  readonly foreign: readonly string[];
}

/** What the log and the report are judged by themselves with. */
const JUDGED_APART: readonly string[] = [
  'report.json',
  'log-entry.json',
  'report.tlog-proof',
  'log-checkpoint.txt',
  'log-key.txt',
  'coverage.dsse.json',
];

/** Judges the files that stand with a report that has this digest: by the manifest, and by what is made of the report. */
export function judgeFiles(zip: BroughtZip, report: unknown, digest: string): JudgedFiles {
  const { named, there } = zip;
  const wrong =
    zip.digest === digest
      ? [...named].map(([name, hash]) => problemOf(name, hash, there.get(name))).find(Boolean)
      : `manifest.json: it is of a report with the digest ${String(zip.digest)}, and here is ${digest}`;
  const made: string[] = [];
  const otherwise: string[] = [];
  const fitting: string[] = [];
  const renderers = wrong === undefined ? hashesOf(report) : new Map<string, () => string | undefined>();
  for (const [name] of named) {
    if (JUDGED_APART.includes(name)) continue;
    const is = renderers.get(name)?.();
    (is === undefined ? fitting : is === there.get(name) ? made : otherwise).push(name);
  }
  const foreign = [...there.keys()].filter((name) => !named.has(name));
  return { ...(wrong !== undefined && { wrong }), made, otherwise, fitting, foreign };
}

function problemOf(name: string, said: string, is: string | undefined): string | undefined {
  if (is === undefined) return `${name} is missing: manifest.json names it`;
  return is === said ? undefined : `${name} was changed: manifest.json says sha256 ${said}, and it has ${is}`;
}

/**
 * The SHA-256 of each file that the type of a report makes of it, by name. Templates of users are not run: they would be those of
 * whoever made the file.
 */
function hashesOf(report: unknown): ReadonlyMap<string, () => string | undefined> {
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
    downloads
      .filter(({ isTemplate }) => !isTemplate)
      .map(({ name, render }) => [
        name,
        () =>
          orNothing(() => {
            const hash = createHash('sha256');
            for (const text of render(report as Report)) hash.update(text);
            return hash.digest('hex');
          }),
      ]),
  );
}
