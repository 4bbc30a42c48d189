import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64 } from '@scure/base';
import { type Hash, readHash, leafHash } from '../tree/hashes.ts';
import { includes } from '../tree/proofs.ts';
import { readCheckpoint, type SignedCheckpoint } from './checkpoint.ts';
import type { VerifierKey } from './keys.ts';
import { NoteProblem, noteText } from './note.ts';

/** That an entry is in a log, with the log's checkpoint (C2SP tlog-proof). */
export interface LogProof {
  /** Of the entry, from 0 on. */
  readonly index: number;
  /** From the leaf's sibling upwards. */
  readonly hashes: readonly Hash[];
  /** The signed note, as it is. */
  readonly checkpoint: string;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

/** The text of a `.tlog-proof` file. */
export const proofText = ({ index, hashes, checkpoint }: LogProof): string =>
  [FIRST_LINE, `index ${index}`, ...hashes.map((hash) => base64.encode(hash)), '', checkpoint].join('\n');

/** @throws NoteProblem where it is no proof. What it proves is not looked at. */
export function readProof(bytes: Uint8Array): LogProof {
  const text = noteText(bytes);
  const end = text.indexOf('\n\n');
  if (end === -1) throw new NoteProblem('it is no proof: it has no empty line before its checkpoint');
  const [first, ...lines] = text.slice(0, end).split('\n');
  if (first !== FIRST_LINE) throw new NoteProblem(`it is no proof: its first line is not "${FIRST_LINE}"`);
  // Data of others, which nobody signs.
  if (lines[0]?.startsWith('extra ') === true) lines.shift();
  const [, index] = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '') ?? [];
  if (index === undefined) throw new NoteProblem('it is no proof: it does not say which entry it is about');
  const hashes = lines.map(readHash);
  if (!hashes.every((hash) => hash !== undefined))
    throw new NoteProblem('it is no proof: it has a line that is no hash');
  return { index: Number(index), hashes, checkpoint: text.slice(end + 2) };
}

/**
 * The hashes of a proof that a log goes on from an older one, as the API gives it: one in base64 on each line. Spaces and empty lines mean nothing.
 *
 * @throws NoteProblem that says which line is none.
 */
export function readGrowth(text: string): Hash[] {
  return text.split(/\r\n?|\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const hash = readHash(line.trim());
    if (hash === undefined) throw new NoteProblem(`line ${i + 1} is no hash in base64`);
    return [hash];
  });
}

/**
 * The checkpoint of a proof that an entry is in its log, and which of the keys signed it: none where no key is known.
 *
 * @throws NoteProblem where it is no proof, a known key's signature is not one, or it is not a proof of this entry.
 */
export function checkProof(
  proof: Uint8Array,
  entry: Uint8Array,
  keys: readonly VerifierKey[],
): SignedCheckpoint & { readonly index: number } {
  const { index, hashes, checkpoint: note } = readProof(proof);
  const checkpoint = readCheckpoint(utf8ToBytes(note), keys);
  if (!includes(checkpoint, index, leafHash(entry), hashes)) {
    throw new NoteProblem(
      `it does not show that the entry is number ${index} in the log ${checkpoint.origin} of ${checkpoint.size} entries`,
    );
  }
  return { ...checkpoint, index };
}
