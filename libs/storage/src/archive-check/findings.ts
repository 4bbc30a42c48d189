import type { VerifierKey } from '@margay/ledger';
import type { Authorities } from '@margay/timestamps';

/** What became of something that was archived or logged. */
export type FindingKind =
  | 'changed'
  | 'removed'
  | 'reordered'
  | 'truncated'
  /** It fits itself, and is another one than was signed or logged. */
  | 'replaced'
  /** The log is another one than that of which somebody kept the head. */
  | 'forked'
  /** A report that the log does not have. */
  | 'unlogged';

/** Something that is not as it was archived, in a sentence. */
export interface Finding {
  readonly kind: FindingKind;
  readonly words: string;
}

/** What the archive is held against. */
export interface Trusted {
  /** Of the log; without one nothing shows who wrote it. */
  readonly keys: readonly VerifierKey[];
  /** A checkpoint of the log that somebody kept. */
  readonly since?: Uint8Array;
  /** So many of these witnesses must have seen the log as it is. */
  readonly witnesses?: { readonly keys: readonly VerifierKey[]; readonly needed: number };
  /** Authorities of timestamps, one of which must have seen the log as it is. */
  readonly timestamps?: Authorities;
  /** The time here, in milliseconds since 1970; that of this machine unless given. */
  readonly now?: number;
}

/** What a check says: what was found, shown and not shown, each in words. */
export interface ArchiveJudgement {
  readonly findings: readonly Finding[];
  /** The logs whose keys, of those that were given, signed the head. */
  readonly signedBy: readonly string[];
  readonly shown: readonly string[];
  readonly notShown: readonly string[];
  /** What was asked for of a checkpoint that was kept, of witnesses and of timestamps is shown. */
  readonly isConfirmed: boolean;
  /** The rows of so many reports were not looked at, since an earlier check is said to have found them right. */
  readonly passedOver: number;
}

/** What is told while it is looked. */
export interface Told {
  readonly found: (kind: FindingKind, words: string) => void;
  readonly shown: (words: string) => void;
  readonly notShown: (words: string) => void;
  readonly progress: (what: 'entries' | 'reports', done: number, of: number) => void;
}
