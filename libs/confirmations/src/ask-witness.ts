import {
  addCheckpointText,
  cosignatureIn,
  type Hash,
  NoteProblem,
  readCheckpoint,
  type VerifierKey,
} from '@margay/ledger';
import { type Answer, post, Unconfirmed } from './post.ts';
import { requireNow } from './require-now.ts';

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
  /** How many entries the log has now: it may have grown since the checkpoint was signed. */
  readonly newest: () => Promise<number>;
  /** The time, in milliseconds since 1970; that of this machine unless given. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
  /** How long it is waited for an answer. */
  readonly milliseconds?: number;
}

/** So often a witness is shown the proof anew from where it says that it is: others may have it cosign at the same time. */
const ASKED_MAX = 8;

/**
 * Has a witness cosign a checkpoint, and checks that it did. A witness that saw another size says so, and is shown the proof from there: as
 * long as it goes on, since others ask it too.
 *
 * @returns the lines of signature that are to stand behind the checkpoint.
 * @throws Unconfirmed where it did not.
 */
export async function askWitness(witness: Witness, asked: ToConfirm): Promise<string> {
  const { size } = readCheckpoint(Buffer.from(asked.checkpoint), []);
  let old = Math.min(asked.seen, size);
  // What is believed is no word of its own: it may have lost what it saw.
  let said = -1;
  for (let times = 0; times < ASKED_MAX; times++) {
    const answer = await askFrom(witness, asked, old, size);
    if (answer.status !== 409) return cosigned(answer, witness, asked);
    const seen = await seenBy(answer, size, asked);
    if (seen === old || seen < said)
      throw new Unconfirmed(
        'refused',
        `it answered 409 to the log from ${old} entries on: it saw another log of ${seen} entries`,
      );
    old = said = seen;
  }
  throw new Unconfirmed(
    'away',
    `it said another size each of the ${ASKED_MAX} times that it was asked: others ask it at the same time`,
  );
}

/** The size that a witness says that it saw last. @throws Unconfirmed where the log has not so many, or the checkpoint has fewer. */
async function seenBy(answer: Answer, size: number, { newest }: ToConfirm): Promise<number> {
  const text = textOf(answer);
  const seen = /^[0-9]{1,15}$/.test(text) ? Number(text) : Infinity;
  if (seen <= size) return seen;
  // Somebody else may have shown it a head that was signed since.
  if (Number.isFinite(seen) && (await newest()) >= seen)
    throw new Unconfirmed(
      'overtaken',
      `it saw the log of ${seen} entries by now, and this checkpoint is of ${size}: the newest one is needed`,
    );
  throw new Unconfirmed(
    'refused',
    `it saw a log of ${text.slice(0, 200)} entries, and this one has ${size}: it was cut, forked, or is another one`,
  );
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

function cosigned(answer: Answer, { key }: Witness, { checkpoint, now }: ToConfirm): string {
  if (answer.status !== 200)
    throw new Unconfirmed('refused', `it answered ${answer.status}: ${textOf(answer).slice(0, 200)}`);
  if (key === undefined) {
    const lines = answer.bytes.toString();
    if (/^(\u2014 \S+ \S+\n)+$/u.test(lines)) return lines;
    throw new Unconfirmed('wrong', 'what it answered is no signature');
  }
  try {
    const { line, time } = cosignatureIn(answer.bytes, checkpoint, key);
    requireNow(time * 1_000, now);
    return line;
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    throw new Unconfirmed('wrong', `what it answered is not its cosignature: ${error.message}`, {
      cause: error,
    });
  }
}
