import {
  NoKey,
  NoteProblem,
  readCheckpoint,
  readNote,
  readVerifierKey,
  type SignedCheckpoint,
} from '@margay/ledger';
import { isPartOf } from './from-tiles.ts';
import type { Confirmation, Ledger, LogHead } from './ledger.ts';

/** A head of the log, and what others signed of it. */
export interface ConfirmedHead extends Pick<LogHead, 'size' | 'checkpoint'> {
  /** The answer of an authority of timestamps (RFC 3161, DER). */
  readonly timestamp?: Uint8Array;
}

/** A head with the lines of those that cosigned it. */
export async function cosigned(ledger: Ledger, head: LogHead): Promise<LogHead> {
  const ofHead = (await ledger.confirmations(head.size)).filter(({ size }) => size === head.size);
  return { ...head, checkpoint: together(head.checkpoint, ofHead).checkpoint };
}

/**
 * The head that shows an entry best to others: of those that have it the one that the most confirmed, and of several the oldest, since
 * that says how long ago the entry was there. The newest head where nobody confirmed any.
 *
 * @param head the newest. What its key did not sign, and what the log does not go on from, does not count.
 */
export async function confirmedHead(ledger: Ledger, index: number, head: LogHead): Promise<ConfirmedHead> {
  const signed = (await ledger.confirmations(index + 1)).filter(({ kind }) => kind !== 'copy');
  const bySize = Map.groupBy(signed, ({ size }) => size);
  const best = [...bySize].sort(([a, one], [b, other]) => other.length - one.length || a - b);
  for (const [size, confirmations] of best)
    if (await isOfLog(ledger, head, size, confirmations))
      return { size, ...together(confirmations[0]!.checkpoint, confirmations) };
  return head;
}

function together(checkpoint: string, confirmations: readonly Confirmation[]): Omit<ConfirmedHead, 'size'> {
  const lines = confirmations.filter(({ kind }) => kind === 'cosignature').map(({ text }) => text);
  const timestamp = confirmations.find(({ kind }) => kind === 'timestamp');
  return {
    checkpoint: `${checkpoint}${lines.join('')}`,
    ...(timestamp && { timestamp: Buffer.from(timestamp.text, 'base64') }),
  };
}

/** Whether what was confirmed is one checkpoint, signed by the head's key, that the log goes on from. Somebody may have changed the store. */
async function isOfLog(
  ledger: Ledger,
  head: LogHead,
  size: number,
  confirmations: readonly Confirmation[],
): Promise<boolean> {
  const { checkpoint } = confirmations[0]!;
  if (size > head.size || confirmations.some((each) => each.checkpoint !== checkpoint)) return false;
  const older = signedBy(head.key, checkpoint, together(checkpoint, confirmations).checkpoint);
  const newest = readCheckpoint(Buffer.from(head.checkpoint), []);
  if (older?.size !== size || older.origin !== newest.origin) return false;
  return isPartOf(ledger, older, newest);
}

/** A checkpoint where its key signed it, and it is one with the lines of others too. */
function signedBy(key: string, checkpoint: string, cosigned: string): SignedCheckpoint | undefined {
  try {
    readNote(Buffer.from(cosigned));
    const signed = readCheckpoint(Buffer.from(checkpoint), [readVerifierKey(key)]);
    return signed.signed.length > 0 ? signed : undefined;
  } catch (error) {
    if (error instanceof NoteProblem || error instanceof NoKey) return undefined;
    throw error;
  }
}
