import type { CanaryName, Instant } from '@margay/ground';
import type { Change } from './change.ts';
import type { PolicyEvent } from './policy-event.ts';

/** Why an event says nothing about the history, in words that reports print. */
export type IgnoredReason =
  | 'read-only'
  | 'refused'
  | 'dry-run'
  | 'out-of-kind'
  | 'stage'
  | 'no-version'
  | 'nothing-selected'
  | 'bookmark'
  // What Margay itself writes to see whether it arrives.
  | 'canary'
  // Of a watch: there is no such kind.
  | 'not-served';

/** Why it is not known what an event did. */
export type DoubtfulReason =
  | 'outcome-unknown'
  | 'partly-deleted'
  | 'no-content'
  | 'not-the-object'
  | 'unknown-version'
  // Of a watch: states may have been missed, of objects that a list shows to be written or to have come and gone, a list showed
  // what was not told, the API server could not be asked. Or its store is another one than before.
  | 'missed'
  | 'another-store'
  | 'relisted'
  | 'corrected'
  | 'unwatched';

/** Why an event or a line can never be used. */
export type UnusableReason =
  | 'not-json'
  | 'not-an-audit-event'
  | 'truncated'
  | 'no-timestamp'
  | 'no-uid'
  | 'no-resource-version'
  | 'no-name'
  | 'too-long'
  | 'unreadable'
  /** It was gone before it was read. */
  | 'lost';

/** What one audit event says, and of which request it tells: see `OpenRequests`. */
export type Reading = Told & {
  /** Of events about writes of objects that are kept: the same on all events of one request. */
  readonly request?: string;
  /** Of an event that a request was received: what it leaves open while no other event tells its answer. */
  readonly asked?: readonly Change[];
  /** Of such an event about what is audited: the attempt, of which it is not known whether it was done. */
  readonly attempt?: PolicyEvent;
  /** Of an event that a request was answered: what settles that, where what it tells of objects does not. */
  readonly answers?: readonly Change[];
};

/** Every event read is exactly one of these four. */
type Told =
  | {
      readonly kind: 'changes';
      readonly at: Instant;
      readonly changes: readonly Change[];
      readonly policyEvent?: PolicyEvent;
    }
  | {
      readonly kind: 'ignored';
      readonly at?: Instant;
      readonly reason: IgnoredReason;
      /** What it shows all the same: whether an object is there. */
      readonly changes?: readonly Change[];
      readonly policyEvent?: PolicyEvent;
      /** Which canary, where it is one. */
      readonly canary?: CanaryName;
    }
  | {
      readonly kind: 'doubtful';
      readonly at?: Instant;
      readonly reason: DoubtfulReason;
      /** Which object and what to do about it. */
      readonly message: string;
      /** The doubts, where it says about which objects. */
      readonly changes?: readonly Change[];
      readonly policyEvent?: PolicyEvent;
    }
  | {
      readonly kind: 'unusable';
      readonly at?: Instant;
      /** Of what has no time, where it is known between which it was. */
      readonly after?: Instant;
      readonly before?: Instant;
      readonly reason: UnusableReason;
      readonly message: string;
      /** The doubts, where it says about which objects. */
      readonly changes?: readonly Change[];
    };

/** All that a reading tells of objects: facts, and where there are none, what is not known. */
export const changesIn = (reading: Reading): readonly Change[] => reading.changes ?? [];
