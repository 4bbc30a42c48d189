import { readFileSync } from 'node:fs';
import type { VerifierKey } from '@margay/ledger';
import { replaceFile } from '@margay/runtime';
import { goesOnFromKept, LogRefused, type Stores } from '@margay/storage';

/** Where the last head is kept that was seen to be signed by a key: beside it. */
export const headFileOf = (keyFile: string): string => `${keyFile}.head`;

/**
 * Holds a log against the head that is kept beside its key, which lies elsewhere, and keeps the log's own there where it goes on from that. Another
 * folder with the same key, and an older copy of this one, sign a log of the same name that goes another way: nothing else here tells of it.
 *
 * @returns what to say where it does not go on from it; what is kept stays then, so that it is said again.
 */
export async function compareWithKept(
  { ledger }: Pick<Stores, 'ledger'>,
  keyFile: string,
  key: VerifierKey,
): Promise<string | undefined> {
  const file = headFileOf(keyFile);
  const kept = textOf(file);
  if (kept !== undefined && (await goesOn(ledger, kept, key)) === false)
    return (
      `margay: the key ${key.name}+${key.id} of ${keyFile} signed a log from which this one does not go on: that of another folder which has the same key, or this one is an older copy. ` +
      `Whoever keeps checkpoints sees a fork. Give each folder a key of its own; where this is the only one, as after a restore, remove ${file}, and hand out a new checkpoint\n`
    );
  const head = await ledger.head();
  if (head !== undefined) keep(file, head.checkpoint);
  return undefined;
}

async function goesOn(
  ledger: Stores['ledger'],
  kept: string,
  key: VerifierKey,
): Promise<boolean | undefined> {
  try {
    return await goesOnFromKept(ledger, kept, key);
  } catch (error) {
    // What is wrong with the log itself is said by who appends to it.
    if (error instanceof LogRefused) return undefined;
    throw error;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function keep(file: string, checkpoint: string): void {
  try {
    replaceFile(file, checkpoint);
  } catch {
    // Beside a key of a Secret, say, nothing can be written.
  }
}
