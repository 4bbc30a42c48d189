import type { Tile, TilePlace } from '@margay/ledger';
import type { ArchivedHeader } from '../archive/archive.ts';

/** The head of the log as it is kept. */
export interface LogHead {
  /** How many entries the log has. */
  readonly size: number;
  /** The signed checkpoint of this size. */
  readonly checkpoint: string;
  /** The key that checks it, as text. Whoever can write the store can write another here: what counts is the key that somebody was given. */
  readonly key: string;
}

/** An entry on its way into the log. */
export interface NewEntry {
  /** The id of the run that it is about; `runOfKey` of one about a key. No other entry has it. */
  readonly run: string;
  /** Canonical JSON in UTF-8. */
  readonly bytes: Uint8Array;
  /**
   * Of a report the signed statement about its evidence: a DSSE envelope, absent where a report of an older release says too little of it. Of a
   * change of keys the checkpoint that the former key signed last; absent in logs of before that was kept.
   */
  readonly statement?: string | undefined;
}

/** What makes a log longer. */
export interface LogGrowth {
  readonly head: LogHead;
  /** From the size before on. */
  readonly entries: readonly NewEntry[];
  /** Those that are new or grew, whole. */
  readonly tiles: readonly Tile[];
}

/**
 * What somebody else signed of a checkpoint, or that he has a copy. It was checked before it was kept; somebody may have changed the store since,
 * so that whoever reads it checks it again (`confirmationProblem`).
 */
export interface Confirmation {
  /** How many entries the log had. */
  readonly size: number;
  /** The checkpoint as the log signed it. */
  readonly checkpoint: string;
  /** Who confirmed it: the whole key of a witness, or where the authority of a timestamp is. */
  readonly by: string;
  readonly kind: 'cosignature' | 'timestamp' | 'copy';
  /** The line of a cosignature; the answer of the authority (RFC 3161), DER in base64; empty where all that the log had was copied there. */
  readonly text: string;
}

/** So many are given at once. */
export const CONFIRMATIONS_MAX = 256;
/** So many of one who confirms. */
export const LAST_CONFIRMED_MAX = 16;

/** What others signed of the log's checkpoints, beside them. */
export interface Confirmations {
  /** Keeps what somebody signed of a checkpoint, beside it, in the place of what was kept of him over the same size. Durable when fulfilled. */
  confirm(confirmation: Confirmation): Promise<void>;

  /**
   * What is kept as confirmed of the log of at least so many entries: at most 256, smallest sizes first, then by who did.
   *
   * @param after of this size, only of those who come behind him.
   */
  confirmations(size: number, after?: string): Promise<Confirmation[]>;

  /** All that is kept as confirmed, in an order of the store's own: as `Archive.all`. */
  allConfirmations(): AsyncIterable<Confirmation>;

  /** What is kept as confirmed by somebody of the log of at most so many entries: at most 16, greatest sizes first. */
  lastConfirmed(by: string, size: number): Promise<Confirmation[]>;
}

/** Where the transparency log over one cluster's archived reports is kept. It only ever grows. */
export interface Ledger extends Confirmations {
  /** Undefined while there is no entry. */
  head(): Promise<LogHead | undefined>;

  /**
   * The bytes of tiles, in the order asked for: of one that grew meanwhile more than was asked for.
   *
   * @throws LogRefused where one is not there, or is shorter.
   */
  tiles(places: readonly TilePlace[]): Promise<Uint8Array[]>;

  /**
   * The bytes of the entries `[from, to)`, at most 256.
   *
   * @throws LogRefused where one is not there.
   */
  entries(from: number, to: number): Promise<Uint8Array[]>;

  /** Numbers of entries that the head says are there and that are not: the first 256 of them, in their order. */
  missing(): Promise<number[]>;

  /**
   * What is kept twice and says two things, and what is kept as an entry that the head does not have, in sentences: empty where nothing was
   * changed. Nothing that is read goes by the second copy, or by such an entry; a writer that ended at any time leaves none.
   */
  differing(): Promise<string[]>;

  /** What was signed and stands beside an entry, see `NewEntry`; undefined where there is nothing. */
  statement(number: number): Promise<string | undefined>;

  /** The numbers of the entries about runs, from 0 on, by run: of those that have one that the head says is there. At most 1,000 runs. */
  numbersOf(runs: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /** The numbers of the entries that are kept as those about keys, in their order: of those that the head says are there. */
  numbersOfKeys(): Promise<number[]>;

  /**
   * Makes the log longer: all of it, or nothing. Durable when fulfilled.
   *
   * @param before the size that the log was seen to have.
   * @returns false where it has another one by now: somebody else appended.
   */
  grow(before: number, growth: LogGrowth): Promise<boolean>;

  /**
   * Reports that are archived and have no entry, those of the oldest windows first, then by id. One that is not what was archived is
   * left out: the log would vouch for it.
   */
  unlogged(): AsyncIterable<ArchivedHeader>;
}

/** The log in the store is not what its key signed, or another key's. Nothing is appended to it or shown from it. */
export class LogRefused extends Error {
  override readonly name = 'LogRefused';
}

/** What says that a part of the log is missing. */
export const lacking = (what: string): LogRefused =>
  new LogRefused(
    `The log of reports lacks ${what}, which its head says is there: restore the store from a backup.`,
  );

/** What says that there are entries that are none of the log. */
export const besideTheLog = (count: number): string =>
  `Beside the log of reports ${count === 1 ? '1 entry is' : `${count} entries are`} kept that its head does not have, which no writer leaves there: somebody wrote ${count === 1 ? 'it' : 'them'}. Nothing goes by ${count === 1 ? 'it' : 'them'}: find out who may write into the store, and delete ${count === 1 ? 'it' : 'them'}.`;
