import { basename, dirname, join, resolve } from 'node:path';
import { setsOf } from '@margay/coverage';
import { compareTexts, type Instant, parseInstant } from '@margay/ground';
import { Unreadable } from '../bytes/unreadable.ts';
import { type DatedFile, datedInOrder } from './dated.ts';
import { doublesIn } from './doubles.ts';
import type { LogFile } from './log-file.ts';
import { readLines } from './read-lines.ts';
import { digitsOf, isMissingBetween, isNumber, orderIn, rotationOf } from './rotation.ts';
import { isPipe } from './unopened.ts';

/** What files beside a finished one tell of it. */
export interface PlaceInLog {
  /** Another one says all that it does. */
  readonly isDouble?: true;
  /** The file of the same log that it goes on from, where their names tell that. */
  readonly before?: LogFile;
  /** What stood between the two is gone, as the numbers in their names say. */
  readonly isGap?: true;
}

/**
 * What finished files tell of one another, by path: those of one folder that a log was rotated into follow one another in the order that
 * their names tell. Where these do not tell it, nothing is said.
 */
export async function placesInLogs(files: readonly LogFile[]): Promise<ReadonlyMap<string, PlaceInLog>> {
  const places = new Map<string, PlaceInLog>();
  const plain: LogFile[] = [];
  for (const file of files) if (!(await isPipe(file.path))) plain.push(file);
  const called = setsOf(plain.map(({ path }) => basename(path)));
  const logOf = (path: string): string => join(dirname(resolve(path)), called.get(basename(path))!);
  const once = [...new Map(plain.map((file) => [`${file.name} ${resolve(file.path)}`, file])).values()];
  const sets = Map.groupBy(once, ({ name, path }) =>
    JSON.stringify([logOf(path), name === basename(path) ? '' : name]),
  );
  for (const set of sets.values()) {
    const doubles = await doublesIn(set);
    for (const { path } of doubles) places.set(path, { isDouble: true });
    for (const { file, before, isGap } of await pairsOf(logOf(set[0]!.path), set, doubles))
      places.set(file.path, { before, ...(isGap && { isGap }) });
  }
  return places;
}

/** A number within a name is not surely rotation's: `audit.1.log` may be the log of another API server. */
const isInside = (log: string, path: string): boolean => !basename(path).startsWith(basename(log));

interface Pair {
  readonly before: LogFile;
  readonly file: LogFile;
  readonly isGap: boolean;
}

/** Files of one log, each with the one that it goes on from. @param doubles are no files of their own, but their numbers are not missing. */
async function pairsOf(
  log: string,
  files: readonly LogFile[],
  doubles: ReadonlySet<LogFile>,
): Promise<Pair[]> {
  const named = files.flatMap((file) => {
    const rotation = rotationOf(basename(log), basename(file.path));
    const isRotated = rotation !== undefined && !(isNumber(rotation) && isInside(log, file.path));
    return isRotated && resolve(file.path) !== log ? [{ file, rotation }] : [];
  });
  const rotated = named.filter(({ file }) => !doubles.has(file));
  const order = orderIn(rotated.map(({ rotation }) => rotation));
  const isNumbered = order === 'numbers';
  const keys = rotated.map(({ rotation }) => (isNumbered ? Number(rotation) : digitsOf(rotation)));
  // Names of several kinds, or one of two files: no order.
  if (new Set(keys).size < keys.length || order === undefined) return [];
  const numbers = new Map(named.map(({ file, rotation }) => [file, Number(rotation)]));
  const current = files.filter((file) => resolve(file.path) === log && !doubles.has(file));
  const { inOrder, isAscending } = isNumbered
    ? await numbered(
        rotated.map(({ file }) => file),
        numbers,
      )
    : { inOrder: await dated(rotated, current[0]), isAscending: false };
  const all = [...inOrder, ...current];
  return all.slice(1).map((file, i) => {
    const before = all[i]!;
    // Of the files that were rotated the newest is 1, or 0; where it has the highest number, nobody knows how many were behind it.
    const [from, to] = [numbers.get(before)!, numbers.get(file) ?? (isAscending ? numbers.get(before)! : 0)];
    return { before, file, isGap: isNumbered && isMissingBetween(from, to, new Set(numbers.values())) };
  });
}

/** By the times in their names, as far as those in them do not say that the clock was set back. */
async function dated(
  files: readonly { readonly file: LogFile; readonly rotation: string }[],
  current: LogFile | undefined,
): Promise<LogFile[]> {
  const named = files
    .map(({ file, rotation }) => ({ file, name: digitsOf(rotation) }))
    .sort((a, b) => compareTexts(a.name, b.name));
  const timed: (DatedFile & { readonly file: LogFile })[] = [];
  for (const one of named) timed.push({ ...one, first: await firstTimeIn(one.file.path) });
  const begins = current && (await firstTimeIn(current.path));
  return datedInOrder(timed, begins).map(({ file }) => file);
}

/** From the highest number to the lowest, unless the writer counts up, as the times in them say. */
async function numbered(
  files: readonly LogFile[],
  numberOf: ReadonlyMap<LogFile, number>,
): Promise<{ inOrder: readonly LogFile[]; isAscending: boolean }> {
  const downwards = files.toSorted((a, b) => numberOf.get(b)! - numberOf.get(a)!);
  if (files.length < 2) return { inOrder: downwards, isAscending: false };
  const times = await Promise.all(downwards.map(({ path }) => firstTimeIn(path)));
  const steps = times.slice(1).map((time, i) => Math.sign((time ?? 0) - (times[i] ?? time ?? 0)));
  const isAscending = steps.reduce((sum, step) => sum + step, 0) < 0;
  return { inOrder: isAscending ? downwards.toReversed() : downwards, isAscending };
}

const TIME = /"(?:stageTimestamp|requestReceivedTimestamp|start_time|startTime|time)"\s*:\s*"([^"]+)"/;

/** A time near the beginning of a file; undefined where none is found. */
async function firstTimeIn(path: string): Promise<Instant | undefined> {
  try {
    for await (const lines of readLines(path)) {
      const time = lines.map(({ text }) => TIME.exec(text)?.[1]).find((text) => text !== undefined);
      return time === undefined ? undefined : parseInstant(time);
    }
  } catch (error) {
    // What cannot be read is said when it is read.
    if (!(error instanceof Unreadable)) throw error;
  }
  return undefined;
}
