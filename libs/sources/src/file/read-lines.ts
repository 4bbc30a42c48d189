import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

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

/** The log ended in the middle of its compressed data; every line before that was delivered. */
export class CutShort extends Error {
  override readonly name = 'CutShort';
}

/** True when the file begins with gzip's magic bytes, whatever its name says. */
export async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/**
 * The lines of a log from a place on, in batches and in order. `-` reads standard input, gzip is recognised.
 *
 * @throws CutShort when compressed data ends too early, after the last batch; errors of the file system as they are.
 */
export async function* readLines(path: string, from: Place = BEGINNING): AsyncGenerator<Line[]> {
  if (path === '-') {
    yield* splitLines(await unpacked(process.stdin), from, BEGINNING);
  } else if (await isGzip(path)) {
    yield* splitLines(gunzipped(createReadStream(path)), from, BEGINNING);
  } else {
    yield* splitLines(createReadStream(path, { start: from.byte, highWaterMark: BATCH_BYTES }), from, from);
  }
}

/** What comes through a pipe, unpacked where it begins with gzip's magic bytes: it cannot be looked at twice. */
async function unpacked(piped: AsyncIterable<Buffer>): Promise<Readable> {
  const chunks = piped[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  const all = async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  const whole = Readable.from(all(), { objectMode: false });
  return head[0] === 0x1f && head[1] === 0x8b ? gunzipped(whole) : whole;
}

function gunzipped(compressed: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: BATCH_BYTES });
  compressed.on('error', (error) => gunzip.destroy(error));
  return compressed.pipe(gunzip);
}

/**
 * Splits bytes into lines. The bytes begin at `first`; lines up to `from` are counted and left out.
 *
 * @throws CutShort as `readLines` does.
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
      batchBytes += pendingBytes;
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

  try {
    for await (const chunk of bytes) {
      let begin = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, begin)) {
        keep(chunk.subarray(begin, at));
        take(true);
        begin = at + 1;
      }
      keep(chunk.subarray(begin));
      if (batchBytes >= BATCH_BYTES) {
        yield batch;
        batch = [];
        batchBytes = 0;
      }
    }
  } catch (error) {
    if (batch.length > 0) yield batch;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR') {
      throw new CutShort(
        `the compressed data of line ${number + 1} on cannot be read (${(error as Error).message})`,
      );
    }
    throw error;
  }
  if (pendingBytes > 0) take(false);
  if (batch.length > 0) yield batch;
}
