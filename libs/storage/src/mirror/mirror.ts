import type { Instant } from '@margay/ground';
import type { PlacedKeyChange, TreeHead } from '@margay/ledger';
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
  /** When the key signed that this is its head, where that is told: a cell is heard by nothing else. */
  readonly signedAt?: Instant | undefined;
  /** The same where it is ahead of the clock here: nobody was heard then. */
  readonly aheadAt?: Instant | undefined;
  /** The keys, as text, whose signature counts on a head of so many entries. */
  readonly signersAt: (size: number) => readonly string[];
}

/** Some entries that follow one another. */
export interface EntryRange {
  readonly from: number;
  /** The last one. */
  readonly to: number;
}

/** How a hub stands to the log of a cluster. */
export interface MirrorStanding {
  /** The last time at which a head was signed; absent while none was told with its time. */
  readonly heard?: Instant;
  /** A time at which a head is said to have been signed that is ahead of the clock here: the greatest. */
  readonly ahead?: Instant;
  /** How many entries the log has by the greatest head that was signed. */
  readonly told: number;
  /** How many entries there are from the first one on, of which a signed head shows that they are all. */
  readonly shown: number;
  /** Of those that were told of the ones that have not come, in their order: the first 100 ranges. */
  readonly missing: readonly EntryRange[];
  /** How many have not come, of all ranges. */
  readonly missingEntries: number;
  /** What was signed last is a log that is shorter than one that was signed well before. */
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
   * Keeps what was told; durable when fulfilled. The same again changes nothing, and in which order things come neither. What came without the
   * statement about its evidence gets it when that comes.
   *
   * @throws OtherLog where it does not go with what is kept; that stays as it is.
   */
  keep(news: ToldNews): Promise<void>;

  /** The changes of the log's key that were told of, in their order, whatever has not come of what stands before them. */
  keyChanges(): Promise<readonly PlacedKeyChange[]>;

  standing(): Promise<MirrorStanding>;

  /** The uid of the cluster, as the first of its log's entries that came and say it have it; undefined while none did. */
  uid(): Promise<string | undefined>;
}

/**
 * What was told does not go with what was told before: it is of another log or another cluster, a key tells something new that another one
 * followed, or the evidence of a report is stated otherwise.
 */
export class OtherLog extends Error {
  override readonly name = 'OtherLog';
  readonly code: 'other-log' | 'other-cluster' | 'retired-key' | 'other-statement';

  constructor(code: OtherLog['code'], message: string) {
    super(message);
    this.code = code;
  }
}
