import type { Authorities } from '@margay/timestamps';
import { EnvelopeProblem, type Hash, NoEntry, NoKey, NoteProblem, type VerifierKey } from '@margay/ledger';
import { Wrong } from './wrong.ts';

/** What somebody has who checks reports, from a way of his own. */
export interface Trusted {
  /** Of logs, and of witnesses; and those that a log tells of by these. */
  readonly keys: readonly VerifierKey[];
  /** Of these, those that count for the head of what was brought, where the log tells of other keys; all where it does not. */
  readonly signers?: readonly VerifierKey[];
  /** A checkpoint that he kept: the signed note, as `keptBytes` gives it. */
  readonly since?: Uint8Array;
  /** The proof that the newer one of the two goes on from the older. */
  readonly growth?: readonly Hash[];
  /** Authorities that timestamps must lead to. */
  readonly timestamps?: Authorities;
  /** The time here, in milliseconds since 1970. */
  readonly now: number;
  /** So many of these witnesses must have seen the log with the report in it. Each is among the keys above, and stands here once. */
  readonly witnesses?: { readonly keys: readonly VerifierKey[]; readonly needed: number };
}

/** What was brought, of which something is shown. */
export type Subject =
  | 'report'
  /** Where a report is in the log, without the report: what is attached to a PDF. */
  | 'entry'
  /** A head of a log, and perhaps what is printed beside it. */
  | 'checkpoint';

/** What became of a check. Each thing is a sentence. */
export interface Judgement {
  readonly about: Subject;
  readonly shown: readonly string[];
  readonly notShown: readonly string[];
  /** Why it is not what it says that it is; absent where nothing is wrong. */
  readonly wrong?: string;
  /** The logs that signed it, of those whose keys are trusted. */
  readonly signedBy: readonly string[];
  /** All that was asked for is shown: what is trusted has something to say of it. */
  readonly isAnswered: boolean;
  /** Files that say something else than what is made of the report, or may do so. */
  readonly doubtful: readonly string[];
}

/** What nothing was shown of. */
export const WRONG = { about: 'report', signedBy: [], isAnswered: false, doubtful: [] } as const;

/** What is shown and what is not, while it is looked. */
export type Told = { readonly [K in 'shown' | 'notShown']: string[] };

/** What a body gives. @throws Wrong that names the file in which something is wrong */
export function named<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (
      error instanceof NoteProblem ||
      error instanceof NoEntry ||
      error instanceof NoKey ||
      error instanceof EnvelopeProblem
    )
      throw new Wrong(`${file}: ${error.message}`);
    throw error;
  }
}
