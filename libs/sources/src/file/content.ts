import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { unpacked } from '../bytes/unpack.ts';
import { Unreadable } from '../bytes/unreadable.ts';
import type { Identity } from './cursor.ts';
import { digestOf, HEAD_BYTES_MAX } from './rotation.ts';

/** What a file says, whatever it is packed in, as far as that can be read. */
const contentOf = (path: string): AsyncGenerator<Buffer> => readable(unpacked(createReadStream(path)));

/** The first bytes of what a file says, `HEAD_BYTES_MAX` where there are so many. */
export const headOf = (path: string): Promise<Buffer> => headIn(unpacked(createReadStream(path)));

/** The first bytes of what a file says, as far as they can be read. @param content unpacked. */
export async function headIn(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of readable(content)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= HEAD_BYTES_MAX) break;
  }
  return Buffer.concat(pieces).subarray(0, HEAD_BYTES_MAX);
}

async function* readable(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    // It is said when the file is read.
    if (!(error instanceof Unreadable)) throw error;
  }
}

/** The digest of all that a file says, or of so many bytes of it. */
export async function digestOfContent(path: string, bytesMax = Infinity): Promise<Identity> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of contentOf(path)) {
    const part = piece.subarray(0, Math.min(piece.length, bytesMax - bytes));
    hash.update(part);
    bytes += part.length;
    if (bytes >= bytesMax) break;
  }
  return { bytes, digest: shortened(hash) };
}

/**
 * What a file is known by: of what it was known by before, what it still begins with; else by all of its content.
 *
 * @param before identities of files that may have been this one.
 */
export async function identityOf(path: string, before: readonly Identity[]): Promise<Identity> {
  // Every file begins with nothing.
  for (const known of before.filter(({ bytes }) => bytes > 0)) {
    const begin = await digestOfContent(path, known.bytes);
    if (begin.bytes === known.bytes && begin.digest === known.digest) return known;
  }
  const whole = await digestOfContent(path);
  if (whole.bytes > 0) return whole;
  // Of what cannot be read at all, nothing but its bytes tells it from others.
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, digest: shortened(hash) };
}

/** The key of a place of a file that is known by what it begins with, under whatever path it lies; undefined of one that says too little. */
export async function keyOfContent(path: string): Promise<string | undefined> {
  const head = await headOf(path);
  return head.length < HEAD_BYTES_MAX ? undefined : `begins with ${digestOf(head)}`;
}

export const shortened = (hash: Hash): string => hash.digest('hex').slice(0, 16);
