import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { isPacked, unpacked } from '../bytes/unpack.ts';
import { Unreadable } from '../bytes/unreadable.ts';
import { pipeBytes } from './pipe.ts';

/** One line of a log, without its line break. */
export interface Line {
  readonly text: string;
  /** Counted from one. */
  readonly number: number;
  /** Bytes of the (uncompressed) log up to and including this line's break. */
  readonly end: number;
  /** False for a last line that no line break follows: it may still be growing. */
  readonly whole: boolean;
  /** Set instead of a text when the line was too long to be kept: its length in bytes. */
  readonly tooLong?: number;
}

/** Where reading goes on: behind the `line`-th line, at this byte of the uncompressed log. */
export interface Place {
  readonly line: number;
  readonly byte: number;
}

export const BEGINNING: Place = { line: 0, byte: 0 };

/** A line over this is passed over and said to be unusable. A `deletecollection` of 5,000 pods stays under it. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Lines are handed on in batches of about this many bytes, so that memory is bounded by a batch and a line. */
const BATCH_BYTES = 1024 * 1024;
/** What a line counts as beside its text: millions of empty ones are no small batch. */
const LINE_BYTES = 64;

/** True when something has to be made of what the file holds before it is text, whatever its name says. */
async function isPackedFile(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return isPacked(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/**
 * The lines of a log from a place on, in batches and in order. `-` reads standard input; a pipe is read as it comes, and what is packed is
 * recognised by its first bytes.
 *
 * @throws Unreadable where the rest cannot be read, after the last batch; errors of the file system as they are.
 */
export async function* readLines(path: string, from: Place = BEGINNING): AsyncGenerator<Line[]> {
  if (from.byte > 0 && path !== '-' && !(await isPackedFile(path))) {
    yield* splitLines(createReadStream(path, { start: from.byte, highWaterMark: BATCH_BYTES }), from, from);
  } else {
    yield* splitLines(unpacked(await bytesOf(path)), from, BEGINNING);
  }
}

async function bytesOf(path: string): Promise<AsyncIterable<Buffer>> {
  if (path === '-') return process.stdin;
  return (await stat(path)).isFIFO()
    ? pipeBytes(path)
    : createReadStream(path, { highWaterMark: BATCH_BYTES });
}

/**
 * Splits bytes into lines. The bytes begin at `first`; lines up to `from` are counted and left out.
 *
 * @throws Unreadable as `readLines` does.
 */
export async function* splitLines(
  bytes: AsyncIterable<Buffer>,
  from: Place,
  first: Place,
): AsyncGenerator<Line[]> {
  let { line: number, byte: end } = first;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let batch: Line[] = [];
  let batchBytes = 0;

  const take = (whole: boolean) => {
    number++;
    end += pendingBytes + (whole ? 1 : 0);
    if (number > from.line) {
      const long = pendingBytes > LINE_BYTES_MAX;
      const text = long ? '' : (pending.length === 1 ? pending[0]! : Buffer.concat(pending)).toString('utf8');
      batch.push({ text, number, end, whole, ...(long && { tooLong: pendingBytes }) });
      batchBytes += pendingBytes + LINE_BYTES;
    }
    pending = [];
    pendingBytes = 0;
  };
  const keep = (piece: Buffer) => {
    if (piece.length === 0) return;
    pendingBytes += piece.length;
    if (pendingBytes <= LINE_BYTES_MAX) pending.push(piece);
    else pending = [];
  };

  const taken = () => {
    const lines = batch;
    [batch, batchBytes] = [[], 0];
    return lines;
  };

  try {
    for await (const chunk of bytes) {
      let begin = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, begin)) {
        keep(chunk.subarray(begin, at));
        take(true);
        begin = at + 1;
        if (batchBytes >= BATCH_BYTES) yield taken();
      }
      keep(chunk.subarray(begin));
    }
  } catch (error) {
    if (error instanceof Unreadable && pendingBytes > 0) take(false);
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (pendingBytes > 0) take(false);
  if (batch.length > 0) yield batch;
}
