import type { Instant } from '@margay/ground';
import type { TreeHead } from '@margay/ledger';
import type { ArchivedHeader } from '../archive/archive.ts';
import type { LogHead, NewEntry } from '../ledger/ledger.ts';

/** An entry and its place in the log. */
export interface PlacedEntry extends NewEntry {
  /** From 0 on. */
  readonly number: number;
}

/** What a cell told of the log of a cluster, checked by itself: its key signed the head, and the entries are in the log of that head. */
export interface ToldNews {
  readonly head: TreeHead & Pick<LogHead, 'checkpoint' | 'key'>;
  readonly entries: readonly PlacedEntry[];
  /** The report of one of the entries. */
  readonly header?: ArchivedHeader | undefined;
  /** The uid of the cluster, where an entry says it. */
  readonly uid?: string | undefined;
  /** When it was told, by the clock of whoever did; not after it was read. */
  readonly toldAt: Instant;
}

/** Some entries that follow one another. */
export interface EntryRange {
  readonly from: number;
  /** The last one. */
  readonly to: number;
}

/** How a hub stands to the log of a cluster. */
export interface MirrorStanding {
  /** When something was told last; absent while nothing was. */
  readonly heard?: Instant;
  /** How many entries the log has by the greatest head that was signed. */
  readonly told: number;
  /** How many entries there are from the first one on, of which a signed head shows that they are all. */
  readonly shown: number;
  /** Of those that were told of the ones that have not come, in their order. */
  readonly missing: readonly EntryRange[];
  /** What was told last is of a log that is shorter than one that was told before. */
  readonly wentBackTo?: number;
  /** Two logs were signed that do not go on from one another, in words. Nothing more of the cluster is taken. */
  readonly forked?: string;
}

/**
 * What a hub keeps of one cluster beside its archive and its log: entries that came before those in front of them, and what was told. The
 * log in the store is the first entries of the cluster's own, as far as a signed head shows that none is missing among them.
 */
export interface Mirror {
  /**
   * Keeps what was told; durable when fulfilled. The same again changes nothing, and in which order things come neither.
   *
   * @throws OtherLog where it does not go with what is kept; that stays as it is.
   */
  keep(news: ToldNews): Promise<void>;

  standing(): Promise<MirrorStanding>;
}

/** What was told is of another log, or of another cluster, than what was told before. */
export class OtherLog extends Error {
  override readonly name = 'OtherLog';
  readonly code: 'other-log' | 'other-cluster';

  constructor(code: OtherLog['code'], message: string) {
    super(message);
    this.code = code;
  }
}
