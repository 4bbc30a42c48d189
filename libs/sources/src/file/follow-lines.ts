import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BEGINNING, isPackedFile, readLines, splitLines, type Line, type Place } from './read-lines.ts';

/** A durable position in a log that grows and rotates. */
export interface Cursor extends Place {
  /** What tells the log from others of its name; of the first file that stood under it. */
  readonly identity?: Identity;
  /** Counts the files that have stood under the log's name: one more at each rotation or truncation. */
  readonly generation: number;
  /** Which file it is: a rename keeps it, a new file under the old name has another. */
  readonly inode: number;
  /** Digest of the file's first bytes, since an inode number can come again. */
  readonly head?: { readonly bytes: number; readonly digest: string };
}

/** The digest of the first bytes of a file. */
export interface Identity {
  readonly bytes: number;
  /** Sixteen hex digits of SHA-256. */
  readonly digest: string;
}

export interface Followed {
  readonly lines: readonly Line[];
  /** Where to go on once these lines are dealt with. */
  readonly cursor: Cursor;
  /** Set when a file was rotated away or truncated and its rest is not there: what followed this place is not known. */
  readonly lost?: Cursor;
}

const HEAD_BYTES_MAX = 256;
const POLL_MILLISECONDS = 250;

/**
 * The lines of a growing log, from a cursor on, for as long as nobody aborts.
 *
 * Only whole lines are handed on: a half-written last line waits for its rest. A rotation by rename is followed
 * to the end of the renamed file first; a truncation, or another file under the name, begins a new generation.
 */
export async function* followLines(
  path: string,
  from: Cursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  let cursor = from;
  while (!signal.aborted) {
    const file = await openIfThere(path);
    if (!file) {
      await pause(signal);
      continue;
    }
    try {
      if (cursor && !(await isSameFile(file, cursor))) {
        yield* restOfRotated(path, cursor);
        cursor = { ...BEGINNING, generation: cursor.generation + 1, inode: (await file.stat()).ino };
      }
      cursor ??= { ...BEGINNING, generation: 1, inode: (await file.stat()).ino };
      for await (const followed of followFile(path, file, cursor, signal)) {
        cursor = followed.cursor;
        yield followed;
      }
    } finally {
      await file.close();
    }
  }
}

/** Reads one open file until another stands under its name, and then to its very end. */
async function* followFile(
  path: string,
  file: FileHandle,
  from: Cursor,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  let cursor = from;
  for (;;) {
    if ((await file.stat()).size < cursor.byte || !(await headIs(file, cursor.head))) return;
    // Looked at before reading: what is written until the rename is then still read here.
    const replaced = !(await standsUnder(path, file));
    for await (const followed of newLines(file, cursor, replaced)) {
      cursor = followed.cursor;
      yield followed;
    }
    if (replaced || signal.aborted) return;
    await pause(signal);
  }
}

/** @param ended nobody writes to the file any more, so that a last line without a break is as whole as it gets. */
async function* newLines(file: FileHandle, from: Cursor, ended: boolean): AsyncGenerator<Followed> {
  if ((await file.stat()).size <= from.byte) return;
  const bytes = createReadStream('', { fd: file.fd, autoClose: false, start: from.byte });
  for await (const batch of splitLines(bytes, from, from)) {
    const lines = batch.filter(({ whole }) => whole || ended);
    const last = lines.at(-1);
    if (!last) continue;
    const head = await headOf(file, Math.min(last.end, HEAD_BYTES_MAX));
    yield { lines, cursor: { ...from, line: last.number, byte: last.end, head } };
  }
}

/** What a renamed, perhaps compressed, file of the same folder still holds behind the cursor. */
async function* restOfRotated(path: string, cursor: Cursor): AsyncGenerator<Followed> {
  const rotated = await findRotated(path, cursor);
  if (rotated === undefined) {
    yield { lines: [], cursor, lost: cursor };
    return;
  }
  let at = cursor;
  for await (const lines of readLines(rotated, cursor)) {
    const last = lines.at(-1)!;
    at = { ...at, line: last.number, byte: last.end };
    yield { lines, cursor: at };
  }
}

async function findRotated(path: string, cursor: Cursor): Promise<string | undefined> {
  const folder = dirname(path);
  const others = (await readdir(folder)).map((name) => join(folder, name)).filter((other) => other !== path);
  for (const other of others) {
    const found = await stat(other).catch(() => undefined);
    if (found?.isFile() && found.ino === cursor.inode && found.size >= cursor.byte) return other;
  }
  for (const other of others) {
    if (/\.(gz|zst)$/.test(other) && (await unpackedHeadIs(other, cursor.head))) return other;
  }
  return undefined;
}

async function unpackedHeadIs(path: string, head: Cursor['head']): Promise<boolean> {
  if (!head || !(await isPackedFile(path).catch(() => false))) return false;
  try {
    for await (const lines of readLines(path)) {
      const text = Buffer.from(lines.map((line) => `${line.text}\n`).join(''), 'utf8');
      return digestOf(text.subarray(0, head.bytes)) === head.digest;
    }
  } catch {
    // Still being written: the next look finds it whole.
  }
  return false;
}

async function isSameFile(file: FileHandle, cursor: Cursor): Promise<boolean> {
  const { ino, size } = await file.stat();
  return ino === cursor.inode && size >= cursor.byte && (await headIs(file, cursor.head));
}

async function standsUnder(path: string, file: FileHandle): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there?.ino === (await file.stat()).ino;
}

async function headIs(file: FileHandle, head: Cursor['head']): Promise<boolean> {
  return head === undefined || (await headOf(file, head.bytes)).digest === head.digest;
}

async function headOf(file: FileHandle, bytes: number): Promise<{ bytes: number; digest: string }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
  return { bytes, digest: digestOf(buffer.subarray(0, bytesRead)) };
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const pause = (signal: AbortSignal) => sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
