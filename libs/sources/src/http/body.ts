import type { IncomingMessage } from 'node:http';
import { isBrokenGzip, isPacked, wholeOf } from '../bytes/unpack.ts';
import type { Budget } from './budget.ts';

/** What became of reading a body. */
type Body =
  | {
      readonly kind: 'whole';
      readonly bytes: Buffer;
      /** What is wrong with the rest, which can never be read. */
      readonly unreadable?: string;
    }
  /** It can never be read, however often it is sent. */
  | { readonly kind: 'unusable'; readonly reason: 'too-large' | 'not-gzip'; readonly sizeBytes: number }
  /** There is no room for it now. */
  | { readonly kind: 'busy' };

/** A body, and what gives back the room that it takes. */
export type Held = Body & { readonly release: () => void };

/**
 * Reads a request's body, unpacking what is packed. Room for it is reserved before it is read where its length is known, and as it
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
  if (!isPacked(sent)) return { kind: 'whole', bytes: sent, release };
  const whole = await wholeOf(sent, bytesMax);
  if (whole === undefined) return without({ kind: 'unusable', reason: 'too-large', sizeBytes: read });
  if (isBrokenGzip(sent, whole)) return without({ kind: 'unusable', reason: 'not-gzip', sizeBytes: read });
  if (!reserve(whole.bytes.length)) return without({ kind: 'busy' });
  return { kind: 'whole', ...whole, release };
}
