import { randomBytes } from 'node:crypto';
import { datedBytes } from '@margay/ledger';
import { type Authorities, checkTimestamp, TimestampProblem, timestampRequest } from '@margay/timestamps';
import type { ToConfirm } from './ask-witness.ts';
import { post, Unconfirmed } from './post.ts';
import { requireNow } from './require-now.ts';

/** An authority of timestamps (RFC 3161, over HTTP). */
export interface Authority {
  readonly address: string;
  /** Its certificate must lead to one of these. */
  readonly trusted: Authorities;
}

const NONCE_BYTES = 16;
/** With its certificates; those that there are take a tenth. */
const ANSWER_BYTES_MAX = 64 * 1024;

/**
 * Has an authority say that a checkpoint was there, and checks what it says. What it is asked of are the lines before the signatures.
 *
 * @returns its answer (DER) in base64. @throws Unconfirmed where it gives none that counts.
 */
export async function askAuthority({ address, trusted }: Authority, asked: ToConfirm): Promise<string> {
  const data = datedBytes(asked.checkpoint);
  const nonce = randomBytes(NONCE_BYTES);
  const { status, bytes } = await post(address, {
    body: await timestampRequest(data, nonce),
    type: 'application/timestamp-query',
    bytesMax: ANSWER_BYTES_MAX,
    ...(asked.signal && { signal: asked.signal }),
    ...(asked.milliseconds !== undefined && { milliseconds: asked.milliseconds }),
  });
  if (status !== 200) throw new Unconfirmed('refused', `it answered ${status}`);
  try {
    const { time } = await checkTimestamp(new Uint8Array(bytes), { data, nonce, trusted });
    requireNow(time.getTime(), asked.now);
  } catch (error) {
    if (!(error instanceof TimestampProblem)) throw error;
    throw new Unconfirmed('wrong', `what it answered does not count: ${error.message}`, { cause: error });
  }
  return bytes.toString('base64');
}

/** Why what is kept as the answer of an authority about a checkpoint does not count; undefined where it does. */
export async function timestampProblem(
  { trusted }: Authority,
  { checkpoint, text }: { readonly checkpoint: string; readonly text: string },
): Promise<string | undefined> {
  try {
    await checkTimestamp(new Uint8Array(Buffer.from(text, 'base64')), {
      data: datedBytes(checkpoint),
      trusted,
    });
    return undefined;
  } catch (error) {
    if (error instanceof TimestampProblem) return error.message;
    throw error;
  }
}
