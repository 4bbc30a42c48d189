import {
  addCheckpointText,
  cosignatureIn,
  type Hash,
  NoteProblem,
  readCheckpoint,
  type VerifierKey,
} from '@margay/ledger';
import { type Answer, post, Unconfirmed } from './post.ts';

/** Somebody who cosigns checkpoints that go on from the last one that he saw (C2SP tlog-witness). */
export interface Witness {
  /** Its questions go to `add-checkpoint` under it. */
  readonly address: string;
  /** Only what this key signed counts; whatever has the form of a cosignature does where it is not given. */
  readonly key?: VerifierKey;
}

/** What somebody is asked to confirm. */
export interface ToConfirm {
  /** As the log signed it. */
  readonly checkpoint: string;
  /** The size that he is believed to have seen last. */
  readonly seen: number;
  /** The proof that the log goes on from a size that is less than its own and not 0. */
  readonly growth: (from: number) => Promise<readonly Hash[]>;
  readonly signal?: AbortSignal;
  /** How long it is waited for an answer. */
  readonly milliseconds?: number;
}

/**
 * Has a witness cosign a checkpoint, and checks that it did. A witness that saw another size says so, and is shown the proof from there, once.
 *
 * @returns the lines of signature that are to stand behind the checkpoint.
 * @throws Unconfirmed where it did not.
 */
export async function askWitness(witness: Witness, asked: ToConfirm): Promise<string> {
  const { size } = readCheckpoint(Buffer.from(asked.checkpoint), []);
  const first = await askFrom(witness, asked, Math.min(asked.seen, size), size);
  if (first.status !== 409) return cosigned(first, witness, asked);
  const text = textOf(first);
  const seen = /^[0-9]{1,15}$/.test(text) ? Number(text) : Infinity;
  if (seen > size)
    throw new Unconfirmed(
      'refused',
      `it saw a log of ${text.slice(0, 200)} entries, and this one has ${size}: it was cut, forked, or is another one`,
    );
  const second = await askFrom(witness, asked, seen, size);
  if (second.status === 409)
    throw new Unconfirmed(
      'refused',
      `it answered 409 to the log from ${seen} entries on: it saw another log of ${textOf(second).slice(0, 200)} entries`,
    );
  return cosigned(second, witness, asked);
}

/** Signatures of all that a note may have are less. */
const ANSWER_BYTES_MAX = 64 * 1024;

async function askFrom(
  { address }: Witness,
  { checkpoint, growth, signal, milliseconds }: ToConfirm,
  old: number,
  size: number,
): Promise<Answer> {
  const proof = old > 0 && old < size ? await growth(old) : [];
  return post(new URL('add-checkpoint', address.endsWith('/') ? address : `${address}/`), {
    body: addCheckpointText({ old, proof, checkpoint }),
    bytesMax: ANSWER_BYTES_MAX,
    ...(signal && { signal }),
    ...(milliseconds !== undefined && { milliseconds }),
  });
}

const textOf = ({ bytes }: Answer): string => bytes.toString().trim();

function cosigned(answer: Answer, { key }: Witness, { checkpoint }: ToConfirm): string {
  if (answer.status !== 200)
    throw new Unconfirmed('refused', `it answered ${answer.status}: ${textOf(answer).slice(0, 200)}`);
  if (key === undefined) {
    const lines = answer.bytes.toString();
    if (/^(\u2014 \S+ \S+\n)+$/u.test(lines)) return lines;
    throw new Unconfirmed('wrong', 'what it answered is no signature');
  }
  try {
    return cosignatureIn(answer.bytes, checkpoint, key);
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    throw new Unconfirmed('wrong', `what it answered is not its cosignature: ${error.message}`, {
      cause: error,
    });
  }
}
