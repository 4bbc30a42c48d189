import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Budget } from './budget.ts';

/** What became of reading a body. */
type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** It can never be read, however often it is sent. */
  | { readonly kind: 'unusable'; readonly reason: 'too-large' | 'not-gzip'; readonly sizeBytes: number }
  /** There is no room for it now. */
  | { readonly kind: 'busy' };

/** A body, and what gives back the room that it takes. */
export type Held = Body & { readonly release: () => void };

const unzipped = promisify(gunzip);

/** True for bytes that begin as gzip does, whatever a header says. */
export const isGzipped = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Reads a request's body, unpacking gzip. Room for it is reserved before it is read where its length is known, and as it
 * comes where not; the caller releases it.
 *
 * What is too large or finds no room is not kept. @throws when the client goes away.
 */
export async function readBody(request: IncomingMessage, bytesMax: number, budget: Budget): Promise<Held> {
  let held = 0;
  const reserve = (amount: number) => {
    if (!budget.reserve(amount)) return false;
    held += amount;
    return true;
  };
  const release = () => {
    budget.release(held);
    held = 0;
  };
  const without = (body: Body): Held => {
    release();
    return { ...body, release };
  };

  const length = Number(request.headers['content-length'] ?? NaN);
  if (length > bytesMax) return without({ kind: 'unusable', reason: 'too-large', sizeBytes: length });
  if (length > 0 && !reserve(length)) return without({ kind: 'busy' });
  const pieces: Buffer[] = [];
  let read = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      read += piece.length;
      if (read > bytesMax) return without({ kind: 'unusable', reason: 'too-large', sizeBytes: read });
      if (Number.isNaN(length) && !reserve(piece.length)) return without({ kind: 'busy' });
      pieces.push(piece);
    }
  } catch (error) {
    release();
    throw error;
  }
  const sent = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  const packed = request.headers['content-encoding'] === 'gzip' || isGzipped(sent);
  if (!packed) return { kind: 'whole', bytes: sent, release };
  try {
    const bytes = await unzipped(sent, { maxOutputLength: bytesMax });
    if (!reserve(bytes.length)) return without({ kind: 'busy' });
    return { kind: 'whole', bytes, release };
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return without({ kind: 'unusable', reason: tooLarge ? 'too-large' : 'not-gzip', sizeBytes: read });
  }
}
