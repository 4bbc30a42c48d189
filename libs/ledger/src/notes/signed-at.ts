import { utf8ToBytes } from '@noble/hashes/utils.js';
import { keyInUse, type SigningKey, type VerifierKey } from './keys.ts';
import { cosignatureToSign, NoteProblem, readNote, signaturesBy } from './note.ts';
import { signedBy, type ToSign } from './to-sign.ts';

/**
 * The line by which the key of a log is to sign when its head was this one: a cosignature (`cosignature/v1`, C2SP tlog-cosignature) of the log
 * itself. What it signs is no checkpoint, and its id is not that of the log's own signature.
 *
 * @param time in seconds since 1970.
 */
export const signedAtToSign = (checkpoint: string, key: VerifierKey, time: number): ToSign =>
  cosignatureToSign(checkpoint, keyInUse(key, 'witness'), time);

/** That line, signed. */
export const signedAtLine = (checkpoint: string, key: SigningKey, time: number): string =>
  signedBy(signedAtToSign(checkpoint, key, time), key);

/**
 * When the key of a log signed that its head is this one, in seconds since 1970.
 *
 * @throws NoteProblem where it did not.
 */
export function readSignedAt(line: string, checkpoint: string, key: VerifierKey): number {
  const { text } = readNote(utf8ToBytes(checkpoint));
  const lines = readNote(utf8ToBytes(`${text}\n${line}`));
  const [signed] = signaturesBy(lines, [keyInUse(key, 'witness')]);
  if (signed?.time === undefined)
    throw new NoteProblem(`${key.name} (key ${key.id}) did not sign when its head was this one`);
  return signed.time;
}
