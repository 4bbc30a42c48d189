import { basename, dirname, join, resolve } from 'node:path';
import { setsOf } from '@margay/coverage';
import { compareTexts, type Instant, parseInstant } from '@margay/ground';
import { Unreadable } from '../bytes/unreadable.ts';
import type { LogFile } from './log-file.ts';
import { readLines } from './read-lines.ts';
import { rotationOf } from './rotation.ts';

/**
 * Of finished files, the ones that others go on from, by the paths of the latter: those of one folder that a log was rotated into, in the
 * order that their names tell. Where these do not tell it, there are none.
 */
export async function filesBefore(files: readonly LogFile[]): Promise<ReadonlyMap<string, LogFile>> {
  const before = new Map<string, LogFile>();
  const called = setsOf(files.map(({ path }) => basename(path)));
  const logOf = (path: string): string => join(dirname(resolve(path)), called.get(basename(path))!);
  const sets = Map.groupBy(
    files.filter(({ path }) => path !== '-'),
    ({ name, path }) => JSON.stringify([logOf(path), name === basename(path) ? '' : name]),
  );
  for (const set of sets.values())
    for (const [file, next] of await pairsOf(logOf(set[0]!.path), set)) before.set(next.path, file);
  return before;
}

const DIGITS = /^\d{1,6}$/;

/** A number within a name is not surely rotation's: `audit.1.log` may be the log of another API server. */
const isInside = (log: string, path: string): boolean => !basename(path).startsWith(basename(log));

/** Files of one log, each with the one behind it. */
async function pairsOf(log: string, files: readonly LogFile[]): Promise<(readonly [LogFile, LogFile])[]> {
  const current = files.filter(({ path }) => resolve(path) === log);
  const rotated = files.flatMap((file) => {
    const rotation = rotationOf(basename(log), basename(file.path));
    const isRotated = rotation !== undefined && !(DIGITS.test(rotation) && isInside(log, file.path));
    return isRotated && !current.includes(file) ? [{ file, rotation }] : [];
  });
  const isNumbered = rotated.every(({ rotation }) => DIGITS.test(rotation));
  const keys = rotated.map(({ rotation }) =>
    isNumbered ? Number(rotation) : rotation.replaceAll(/\D/g, ''),
  );
  const isDated = !isNumbered && new Set(keys.map((key) => String(key).length)).size === 1;
  // The same twice, once packed, or names of several kinds: no order.
  if (new Set(keys).size < keys.length || !(isNumbered || isDated)) return [];
  const numberOf = new Map(rotated.map(({ file, rotation }) => [file, Number(rotation)]));
  const inOrder = isNumbered
    ? await numbered(
        rotated.map(({ file }) => file),
        numberOf,
      )
    : rotated
        .toSorted((a, b) => compareTexts(a.rotation.replaceAll(/\D/g, ''), b.rotation.replaceAll(/\D/g, '')))
        .map(({ file }) => file);
  const all = [...inOrder, ...current];
  return all
    .slice(1)
    .map((next, i) => [all[i]!, next] as const)
    .filter(([file, next]) => !isNumbered || !isHole(numberOf.get(file)!, numberOf.get(next)));
}

/** Whether numbers say that a file stood between two. @param next absent of the file that is written to. */
const isHole = (file: number, next: number | undefined): boolean =>
  next !== undefined && Math.abs(file - next) > 1;

/** From the highest number to the lowest, unless the writer counts up, as the times in them say. */
async function numbered(
  files: readonly LogFile[],
  numberOf: ReadonlyMap<LogFile, number>,
): Promise<LogFile[]> {
  const downwards = files.toSorted((a, b) => numberOf.get(b)! - numberOf.get(a)!);
  if (files.length < 2) return downwards;
  const times = await Promise.all(downwards.map(({ path }) => firstTimeIn(path)));
  const steps = times.slice(1).map((time, i) => Math.sign((time ?? 0) - (times[i] ?? time ?? 0)));
  return steps.reduce((sum, step) => sum + step, 0) < 0 ? downwards.toReversed() : downwards;
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
