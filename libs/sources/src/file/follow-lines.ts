import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Unreadable } from '../bytes/unreadable.ts';
import type { Cursor, Head } from './cursor.ts';
import { BEGINNING, splitLines, type Line } from './read-lines.ts';
import { beginOf, bytesFrom, RotatedFiles, unpackedBytes } from './rotated-files.ts';
import { beginningOf, digestOf, firstPlaceIn, HEAD_BYTES_MAX, stepFrom, type SeenFile } from './rotation.ts';

export interface Followed {
  readonly lines: readonly Line[];
  /** Where to go on once these lines are dealt with. */
  readonly cursor: Cursor;
  /** Set when what followed this place was rotated away, truncated or is broken: up to the next file it is not known. */
  readonly lost?: Cursor;
}

const POLL_MILLISECONDS = 250;

/**
 * The lines of a growing log, from a cursor on, for as long as nobody aborts: those of all the files that it was rotated into and
 * that were not read yet, the oldest first, and then those of the file that is written to. Without a cursor that is all there are.
 *
 * Only whole lines are handed on: a half-written last line waits for its rest.
 *
 * @param others logs in the same folder that are followed by themselves, whatever they are called.
 */
export async function* followLines(
  path: string,
  from: Cursor | undefined,
  signal: AbortSignal,
  others: readonly string[] = [],
): AsyncGenerator<Followed> {
  const rotated = new RotatedFiles(path, others);
  let cursor = from;
  let isSure = false;
  while (!signal.aborted) {
    const step = stepFrom(path, await rotated.look(), cursor);
    // While files are being renamed, one may not be seen: what is missing is missing when it is looked for again.
    if (!step || (step.isGap && !isSure)) {
      isSure = step !== undefined;
      await pause(signal);
      continue;
    }
    isSure = false;
    const { file, next } = step;
    cursor ??= firstPlaceIn(file!);
    if (file !== undefined) {
      const handle = await openAgain(file);
      if (handle === undefined) continue;
      try {
        cursor = { ...cursor, inode: file.inode };
        const isGrowing = next === undefined || mayGrow(file, next);
        for await (const followed of isGrowing
          ? growing(path, file, handle, cursor, signal)
          : finished(file, handle, cursor)) {
          cursor = followed.cursor;
          yield followed;
        }
        if (isGrowing) continue;
      } finally {
        await handle.close();
      }
    }
    if (step.isGap) yield { lines: [], cursor, lost: cursor };
    cursor = beginningOf(next!, cursor, file);
  }
}

/** Who writes to a log may have it open for a while after it was renamed: until there is something in the next one. */
const mayGrow = (file: SeenFile, next: SeenFile): boolean => !file.isPacked && next.size === 0;

/** Reads the file that is written to until another stands in its place; one that stands elsewhere once. */
async function* growing(
  path: string,
  seen: SeenFile,
  file: FileHandle,
  from: Cursor,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  let cursor = from;
  for (;;) {
    if ((await file.stat()).size < cursor.byte || !(await headIs(file, cursor.head))) return;
    // Looked at before reading: what is written until the rename is then still read here.
    const isInPlace = seen.path === path && (await standsUnder(path, file));
    for await (const followed of newLines(file, cursor, false)) {
      cursor = followed.cursor;
      yield followed;
    }
    if (isInPlace || seen.path !== path) await pause(signal);
    if (!isInPlace || signal.aborted) return;
  }
}

/** Reads a file to which nobody writes any more to its end, however it is packed. What cannot be read of it is lost. */
async function* finished(seen: SeenFile, file: FileHandle, from: Cursor): AsyncGenerator<Followed> {
  if (!seen.isPacked) {
    yield* newLines(file, from, true);
    return;
  }
  let cursor = from;
  try {
    for await (const lines of splitLines(unpackedBytes(file), from, BEGINNING)) {
      const last = lines.at(-1)!;
      cursor = { ...cursor, line: last.number, byte: last.end };
      yield { lines, cursor };
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    yield { lines: [], cursor, lost: cursor };
  }
}

/** @param ended nobody writes to the file any more, so that a last line without a break is as whole as it gets. */
async function* newLines(file: FileHandle, from: Cursor, ended: boolean): AsyncGenerator<Followed> {
  if ((await file.stat()).size <= from.byte) return;
  for await (const batch of splitLines(bytesFrom(file, from.byte), from, from)) {
    const lines = batch.filter(({ whole }) => whole || ended);
    const last = lines.at(-1);
    if (!last) continue;
    const head = await headOf(file, Math.min(last.end, HEAD_BYTES_MAX));
    yield { lines, cursor: { ...from, line: last.number, byte: last.end, head } };
  }
}

async function standsUnder(path: string, file: FileHandle): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there?.ino === (await file.stat()).ino;
}

async function headIs(file: FileHandle, head: Head | undefined): Promise<boolean> {
  return head === undefined || (await headOf(file, head.bytes)).digest === head.digest;
}

async function headOf(file: FileHandle, bytes: number): Promise<Head> {
  return { bytes, digest: digestOf(await beginOf(file, bytes)) };
}

/** Opens a file that was seen; undefined where it was moved or removed since. */
async function openAgain({ path, inode }: SeenFile): Promise<FileHandle | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    if ((await file.stat()).ino === inode) return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await file?.close();
  return undefined;
}

const pause = (signal: AbortSignal) => sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
