import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64 } from '@scure/base';
import { type Hash, readHash } from '../tree/hashes.ts';
import { isKeyName, type SigningKey, type VerifierKey } from './keys.ts';
import { NoteProblem, noteToSign, readNote, signaturesBy, type Signed } from './note.ts';
import { signedBy, type ToSign } from './to-sign.ts';

/** The head of a log at one size (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Which log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** A checkpoint and who signed it, of those who are known. */
export interface SignedCheckpoint extends Checkpoint {
  readonly signed: readonly Signed[];
}

/** A checkpoint that its log is to sign. Its origin is the key's name. */
export const checkpointToSign = ({ size, root }: Omit<Checkpoint, 'origin'>, key: VerifierKey): ToSign =>
  noteToSign(`${key.name}\n${size}\n${base64.encode(root)}\n`, key);

/** A checkpoint as its log signs it. */
export const signCheckpoint = (head: Omit<Checkpoint, 'origin'>, key: SigningKey): string =>
  signedBy(checkpointToSign(head, key), key);

/**
 * A checkpoint, and which of the keys signed it: none where no key is known.
 *
 * @param keys of logs and of witnesses. A log's counts for its own origin only.
 * @throws NoteProblem where it is no checkpoint, or a known key's signature is not one.
 */
export function readCheckpoint(bytes: Uint8Array, keys: readonly VerifierKey[]): SignedCheckpoint {
  const note = readNote(bytes);
  const checkpoint = readHead(note.text);
  const own = keys.filter(({ use, name }) => use === 'witness' || name === checkpoint.origin);
  return { ...checkpoint, signed: signaturesBy(note, own) };
}

/**
 * What authorities of timestamps say a time of: the lines of a checkpoint before its signatures.
 *
 * @throws NoteProblem where it is no signed note.
 */
export const datedBytes = (checkpoint: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(utf8ToBytes(readNote(utf8ToBytes(checkpoint)).text));

function readHead(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...more] = text.split('\n');
  // The text ends with a line feed, so that what follows the last line is empty.
  if (more.pop() !== '') throw new NoteProblem('it is no checkpoint: it has fewer than three lines');
  if (more.includes('')) throw new NoteProblem('it is no checkpoint: it has an empty line');
  if (!isKeyName(origin)) throw new NoteProblem('it is no checkpoint of ours: its origin has spaces or "+"');
  if (!/^(0|[1-9][0-9]*)$/.test(size))
    throw new NoteProblem('it is no checkpoint: its second line is no size');
  if (!Number.isSafeInteger(Number(size)))
    throw new NoteProblem(`its size is greater than ${Number.MAX_SAFE_INTEGER}, the most that is taken`);
  const hash = readHash(root);
  if (hash === undefined) throw new NoteProblem('it is no checkpoint: its third line is no hash');
  return { origin, size: Number(size), root: hash };
}
