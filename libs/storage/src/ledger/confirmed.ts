import {
  cosignatureIn,
  datedBytes,
  NoKey,
  NoteProblem,
  readCheckpoint,
  readVerifierKey,
  type SignedCheckpoint,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { checkTimestamp, TimestampProblem } from '@margay/timestamps';
import { isPartOf, signedTree } from './from-tiles.ts';
import { type Confirmation, CONFIRMATIONS_MAX, type Ledger, type LogHead } from './ledger.ts';

/** A head of the log, and what others signed of it. */
export interface ConfirmedHead extends Pick<LogHead, 'size' | 'checkpoint'> {
  /** The answer of an authority of timestamps (RFC 3161, DER). */
  readonly timestamp?: Uint8Array;
}

/**
 * Why what is kept as signed by somebody of a checkpoint is not that; undefined where it is. Whether the checkpoint is one of the log is not
 * looked at, nor whether its authority of timestamps is one that anybody trusts.
 */
export async function confirmationProblem(kept: Confirmation): Promise<string | undefined> {
  const { size, checkpoint, by, kind, text } = kept;
  try {
    const of = readCheckpoint(Buffer.from(checkpoint), []);
    if (of.size !== size) return `its checkpoint is of ${of.size} entries`;
    if (kind === 'cosignature') {
      const key = readVerifierKey(by);
      if (key.use !== 'witness') return NO_WITNESS;
      const { line } = cosignatureIn(Buffer.from(text), checkpoint, key);
      return line === text ? undefined : 'it is not the line of its signature alone';
    }
    if (kind === 'timestamp') {
      const answer = new Uint8Array(Buffer.from(text, 'base64'));
      await checkTimestamp(answer, { data: datedBytes(checkpoint) });
      return undefined;
    }
    return kind === 'copy' && text === '' ? undefined : 'it is of no kind that there is';
  } catch (error) {
    if (error instanceof NoKey) return NO_WITNESS;
    if (error instanceof NoteProblem || error instanceof TimestampProblem) return error.message;
    throw error;
  }
}

const NO_WITNESS = 'who signed it is not named by the key of a witness';

/** So many are looked at for one head: more stand there where somebody put them. */
const LOOKED_AT_MAX = 8 * CONFIRMATIONS_MAX;

/** What others signed of a head, and is what they signed. */
async function confirmationsOf(ledger: Ledger, head: LogHead): Promise<Confirmation[]> {
  const sound: Confirmation[] = [];
  let after = '';
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += CONFIRMATIONS_MAX) {
    const page = await ledger.confirmations(head.size, after);
    for (const kept of page)
      if (isOf(head, kept) && (await confirmationProblem(kept)) === undefined) sound.push(kept);
    const last = page.at(-1);
    if (last?.size !== head.size || page.length < CONFIRMATIONS_MAX) break;
    after = last.by;
  }
  return sound;
}

/** A head is signed once. */
const isOf = ({ size, checkpoint }: LogHead, kept: Pick<Confirmation, 'size' | 'checkpoint'>): boolean =>
  kept.size === size && kept.checkpoint === checkpoint;

/** A head with the lines of those that cosigned it, and its timestamp where it has one. */
export async function cosigned(ledger: Ledger, head: LogHead): Promise<LogHead & ConfirmedHead> {
  return { ...head, ...together(head.checkpoint, await confirmationsOf(ledger, head)) };
}

/**
 * What somebody is kept to have confirmed last of a log, and what of his is kept that he did not sign, or not of this log.
 *
 * @param problemOf what else shows that he did not.
 */
export async function lastConfirmed(
  ledger: Ledger,
  head: LogHead,
  by: string,
  problemOf: (kept: Confirmation) => Promise<string | undefined> = async () => undefined,
): Promise<{ readonly size: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  for (const kept of await ledger.lastConfirmed(by, head.size)) {
    const problem =
      (await confirmationProblem(kept)) ??
      ((await isOfTree(ledger, head, kept)) ? undefined : 'its checkpoint is none of this log') ??
      (await problemOf(kept));
    if (problem === undefined) return { size: kept.size, wrong };
    wrong.push(`What is kept as signed by ${by} of the log of ${kept.size} entries is not: ${problem}.`);
  }
  return { size: 0, wrong };
}

/**
 * The head that shows an entry best to others: of those that have it the one that the most confirmed, and of several the oldest, since
 * that says how long ago the entry was there. The newest head where nobody confirmed any.
 *
 * @param head the newest. What its key did not sign, and what the log does not go on from, does not count.
 */
export async function confirmedHead(ledger: Ledger, index: number, head: LogHead): Promise<ConfirmedHead> {
  const kept = (await ledger.confirmations(index + 1)).filter(({ kind }) => kind !== 'copy');
  const byHead = Map.groupBy(kept, ({ size, checkpoint }) => JSON.stringify([size, checkpoint]));
  let groups = [...byHead.values()].map((all) => ({ all, isLookedAt: false }));
  for (;;) {
    groups.sort((a, b) => b.all.length - a.all.length || a.all[0]!.size - b.all[0]!.size);
    const [best, ...others] = groups;
    if (best === undefined) return cosigned(ledger, head);
    const [{ size, checkpoint }] = best.all as [Confirmation];
    if (best.isLookedAt) return { size, ...together(checkpoint, best.all) };
    // Signatures take a while: only what would be shown is looked at.
    const all = (await isOfLog(ledger, head, best.all[0]!)) ? await soundOf(best.all) : [];
    groups = all.length === 0 ? others : [{ all, isLookedAt: true }, ...others];
  }
}

async function soundOf(all: readonly Confirmation[]): Promise<Confirmation[]> {
  const problems = await Promise.all(all.map(confirmationProblem));
  return all.filter((_, i) => problems[i] === undefined);
}

function together(checkpoint: string, confirmations: readonly Confirmation[]): Omit<ConfirmedHead, 'size'> {
  const lines = confirmations.filter(({ kind }) => kind === 'cosignature').map(({ text }) => text);
  const timestamp = confirmations.find(({ kind }) => kind === 'timestamp');
  return {
    checkpoint: `${checkpoint}${lines.join('')}`,
    ...(timestamp && { timestamp: Buffer.from(timestamp.text, 'base64') }),
  };
}

/** Whether what was confirmed is a head of the log, whichever of its keys signed it. */
async function isOfTree(ledger: Ledger, head: LogHead, kept: Confirmation): Promise<boolean> {
  if (kept.size >= head.size) return isOf(head, kept);
  const [older, newest] = [kept, head].map((each) => readCheckpoint(Buffer.from(each.checkpoint), []));
  return older!.origin === newest!.origin && isPartOf(ledger, older!, newest!);
}

/** Whether what was confirmed is a checkpoint that is signed by the head's key, and that the log goes on from. */
async function isOfLog(ledger: Ledger, head: LogHead, kept: Confirmation): Promise<boolean> {
  const { size, checkpoint } = kept;
  if (isOf(head, kept)) return true;
  if (size > head.size) return false;
  const older = signedBy(head.key, checkpoint);
  const newest = readCheckpoint(Buffer.from(head.checkpoint), []);
  if (older?.size !== size || older.origin !== newest.origin) return false;
  return isPartOf(ledger, older, newest);
}

/**
 * Whether the log goes on from a checkpoint that somebody kept of it, or is that one.
 *
 * @param key that is said to have signed the checkpoint.
 * @returns undefined where it did not.
 * @throws LogRefused where the log lacks what shows it.
 */
export async function goesOnFromKept(
  ledger: Ledger,
  checkpoint: string,
  key: VerifierKey,
): Promise<boolean | undefined> {
  const older = signedBy(verifierKeyText(key), checkpoint);
  if (older === undefined) return undefined;
  const head = await ledger.head();
  if (head === undefined) return older.size === 0;
  return older.size <= head.size && isPartOf(ledger, older, signedTree(head));
}

/** A checkpoint where its key signed it. */
function signedBy(key: string, checkpoint: string): SignedCheckpoint | undefined {
  try {
    const signed = readCheckpoint(Buffer.from(checkpoint), [readVerifierKey(key)]);
    return signed.signed.length > 0 ? signed : undefined;
  } catch (error) {
    if (error instanceof NoteProblem || error instanceof NoKey) return undefined;
    throw error;
  }
}
