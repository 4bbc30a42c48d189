import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { listingMark, type CoverageMark, type Doubt } from '@margay/coverage';
import { formatInstant, type Instant, jsonOf, KEPT_KINDS, resourceName } from '@margay/ground';
import { baselineOf, type Change, type Version } from '@margay/history';
import { UsageError } from '@margay/terminal';

/** Lists of a cluster, and when they were taken. */
export interface BaselineFiles {
  readonly files: readonly string[];
  readonly at: Instant;
  /** Resources that were listed although nothing of them may be there. */
  readonly listed: readonly string[];
}

/** What lists of a cluster add to what is known. */
export interface ReadBaseline {
  /** What the lists are called. */
  readonly source: string;
  readonly changes: readonly Change[];
  /** That the whole state of each kind was seen. */
  readonly marks: readonly CoverageMark[];
}

/** The baseline options of a command. */
export interface BaselineOptions {
  readonly baseline?: string[];
  readonly baselineAt?: Instant;
  readonly baselineKinds?: string[];
}

/**
 * The lists that options name; undefined where they name none.
 *
 * @throws UsageError for options that need others.
 */
export function baselineFilesOf({
  baseline,
  baselineAt,
  baselineKinds = [],
}: BaselineOptions): BaselineFiles | undefined {
  if (baseline === undefined) {
    if (baselineAt === undefined && baselineKinds.length === 0) return undefined;
    throw new UsageError('--baseline-at and --baseline-kinds say what --baseline shows: give it too');
  }
  if (baselineAt === undefined) {
    throw new UsageError(
      'When was the baseline taken? Give --baseline-at with the time at which kubectl was run: a copied file keeps no time that can be trusted',
    );
  }
  const lists = { files: baseline, at: baselineAt, listed: baselineKinds };
  return checked(lists, { at: '--baseline-at', kinds: '--baseline-kinds' });
}

/**
 * The lists, where their instant and their kinds can be.
 *
 * @param options as the command calls them.
 * @throws UsageError that names the option that is wrong.
 */
export function checked(
  lists: BaselineFiles,
  options: { readonly at: string; readonly kinds: string },
): BaselineFiles {
  if (lists.at > Date.now() * 1_000) {
    throw new UsageError(
      `${options.at} ${formatInstant(lists.at)} is in the future: nobody can have listed the cluster then`,
    );
  }
  const unknown = lists.listed.filter(
    (name) => !KEPT_KINDS.some((kind) => kind.resource === name || resourceName(kind) === name),
  );
  if (unknown.length === 0) return lists;
  const all = [...new Set(KEPT_KINDS.map(({ resource }) => resource))].join(', ');
  throw new UsageError(`${options.kinds}: ${unknown.join(', ')} plays no part; those that do are ${all}`);
}

/** What is known of a cluster without lists of it. */
export interface KnownBefore {
  /** At least those from the instant of the lists on. */
  readonly versions: readonly Version[];
  /** What sources leave open at that instant. */
  readonly doubts: readonly Doubt[];
}

/**
 * Takes lists of the cluster as the whole state of their kinds at an instant.
 *
 * @throws Error that names the file that cannot be read, or is no list, or that says how the lists contradict the history.
 */
export async function readBaseline(
  { files, at, listed }: BaselineFiles,
  { versions, doubts }: KnownBefore,
): Promise<ReadBaseline> {
  const texts = await Promise.all(files.map(readList));
  const source = `baseline ${files.map((file) => basename(file)).join(' ')}`;
  try {
    const isOpen = (version: Version) =>
      doubts.some(({ about, until = Infinity }) => isAbout(about, version) && version.validFrom < until);
    const { changes, kinds } = baselineOf(texts, { source, at, listed, versions, isOpen });
    return { source, changes, marks: kinds.map((kind) => listingMark({ ...kind, at })) };
  } catch (error) {
    throw notUsed(files.join(', '), (error as Error).message, error);
  }
}

const isAbout = (about: Doubt['about'], { group, resource, namespace }: Version): boolean =>
  about === 'everything' ||
  (about.group === group &&
    about.resource === resource &&
    (about.namespace === undefined || about.namespace === namespace));

async function readList(file: string): Promise<unknown> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    throw notUsed(file, `it cannot be read (${(error as Error).message})`, error);
  }
  if (text.trim() === '') throw notUsed(file, 'it is empty: did kubectl say why on its standard error?');
  const read = jsonOf(text);
  if ('value' in read) return read.value;
  const why = /^\s*(apiVersion|kind|items|---)\b/.test(text)
    ? 'it is YAML: write it with kubectl get … -A -o json'
    : `it is not one JSON document, or was cut off (${read.problem}): write it with kubectl get … -A -o json`;
  throw notUsed(file, why);
}

const notUsed = (what: string, why: string, cause?: unknown) =>
  new Error(`The baseline ${what} is not used: ${why}`, { cause });
