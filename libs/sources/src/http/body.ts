import type { IncomingMessage } from 'node:http';
import { isBrokenGzip, isPacked, wholeOf } from '../bytes/unpack.ts';
import type { Budget } from './budget.ts';
import { isTooDense } from './dense.ts';
import type { UnusableReason } from './unusable.ts';

/** What became of reading a body. */
type Body =
  | {
      readonly kind: 'whole';
      readonly bytes: Buffer;
      /** What is wrong with the rest, which can never be read. */
      readonly unreadable?: string;
    }
  /** It can never be read, however often it is sent. */
  | {
      readonly kind: 'unusable';
      readonly reason: Exclude<UnusableReason, 'not-otlp'>;
      readonly sizeBytes: number;
      /** What it begins with, where that can be read: a few characters. */
      readonly begin: string;
    }
  /** There is no room for it now. */
  | { readonly kind: 'busy' };

/** So much of what is too large is looked at, to know when it was: the times of an audit event stand behind its bodies. */
const BEGIN_BYTES = 256 * 1024;

/** A body, and the room that it takes. */
export type Held = Body & {
  /** Takes more room, for what is made of it; false where there is none. */
  readonly reserve: (amount: number) => boolean;
  /** Gives all of it back. */
  readonly release: () => void;
};

/**
 * Reads a request's body, unpacking what is packed. Room for it is reserved before it is read where its length is known, and as it
 * comes where not; the caller releases it.
 *
 * What is too large or finds no room is not kept. @throws when the client goes away.
 */
export async function readBody(request: IncomingMessage, bytesMax: number, budget: Budget): Promise<Held> {
  let held = 0;
  const reserve = (amount: number) => {
    if (!budget.reserve(amount, held)) return false;
    held += amount;
    return true;
  };
  const release = () => {
    budget.release(held);
    held = 0;
  };
  const without = (body: Body): Held => {
    release();
    return { ...body, reserve, release };
  };

  const length = Number(request.headers['content-length'] ?? NaN);
  if (length > 0 && length <= bytesMax && !reserve(length)) return without({ kind: 'busy' });
  const pieces: Buffer[] = [];
  let read = 0;
  const tooLarge = (sizeBytes: number): Held => {
    const begin = Buffer.concat(pieces, Math.min(read, BEGIN_BYTES));
    return without({
      kind: 'unusable',
      reason: 'too-large',
      sizeBytes,
      begin: isPacked(begin) ? '' : begin.toString('utf8'),
    });
  };
  try {
    // Whoever sends is to get an answer also where the rest is not read.
    const coming = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const piece of coming) {
      read += piece.length;
      if (Number.isNaN(length) && read <= bytesMax && !reserve(piece.length))
        return without({ kind: 'busy' });
      pieces.push(piece);
      if (length > bytesMax && read >= BEGIN_BYTES) return tooLarge(length);
      if (read > bytesMax) return tooLarge(Math.max(read, length || 0));
    }
  } catch (error) {
    release();
    throw error;
  }
  const sent = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  const fitting = (whole: { readonly bytes: Buffer; readonly unreadable?: string }): Held => {
    const { bytes } = whole;
    if (!isTooDense(bytes, bytesMax)) return { kind: 'whole', ...whole, reserve, release };
    const begin = bytes.toString('utf8', 0, BEGIN_BYTES);
    return without({ kind: 'unusable', reason: 'too-dense', sizeBytes: bytes.length, begin });
  };
  if (!isPacked(sent)) return fitting({ bytes: sent });
  const whole = await wholeOf(sent, bytesMax);
  if (whole === undefined) return tooLarge(read);
  if (isBrokenGzip(sent, whole))
    return without({ kind: 'unusable', reason: 'not-gzip', sizeBytes: read, begin: '' });
  if (!reserve(whole.bytes.length)) return without({ kind: 'busy' });
  return fitting(whole);
}
