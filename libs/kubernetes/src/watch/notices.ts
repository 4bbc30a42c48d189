import type { Instant } from '@margay/ground';
import type { ApiObject } from '../client/resources.ts';

/** Which object, and which state of it. */
export interface Identity {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** What is kept of an object between two lists: enough to tell what a list shows differently. */
export interface Known extends Identity {
  /** A digest of the projection; two states with the same one show the same. */
  readonly fingerprint: string;
  /** When it was last written by its own record, where that was seen in this process. */
  readonly written?: Instant;
}

/** Everything up to this state, and everything that happened before `at`, was handed out. */
export interface Position {
  readonly resourceVersion: string;
  readonly at: Instant;
}

/** An object exists with this content. */
export interface Upserted<T> {
  readonly what: 'upserted';
  readonly identity: Identity;
  readonly object: T;
  readonly by: 'watch' | 'list';
  /** True where the watch saw it come into being: nothing of it can have been missed before. */
  readonly created: boolean;
  /** True where the projection shows what it showed before. */
  readonly unchanged: boolean;
  /** True where a list shows what the watch should have told and did not. */
  readonly correction: boolean;
  /** True where the store is another one than that of which was told before: it may show again what had been told, and had ended. */
  readonly isOfAnotherStore?: true;
  /** It holds from here on at the latest … */
  readonly at: Instant;
  /** … and cannot have held before this. */
  readonly notBefore: Instant;
}

/** An object is gone. */
export interface Deleted {
  readonly what: 'deleted';
  /** As it was last; from a watch, `resourceVersion` is that of the deletion itself. */
  readonly identity: Identity;
  readonly by: 'watch' | 'list';
  readonly correction: boolean;
  readonly at: Instant;
  readonly notBefore: Instant;
}

/** A list was compared completely: what was handed out so far is the state of the cluster at this version. */
export interface Listed {
  readonly what: 'listed';
  readonly resourceVersion: string;
  readonly at: Instant;
  readonly count: number;
  /** False where nothing was known of the time before, so that objects that went away in a gap could not be told. */
  readonly endsKnown: boolean;
  /** False where the list showed objects that were not taken up: that something is not among those that exist says nothing then. */
  readonly isWhole: boolean;
  /** True where the store is another one than that of which was told before: its resourceVersions do not go on from those. */
  readonly isOfAnotherStore?: true;
  /** All that exists, as the list has it; to be read before the next notice is asked for. */
  readonly existing: () => Iterable<Identity>;
}

/** States between these instants may have been missed: only their outcome was seen. */
export interface Gap {
  readonly what: 'gap';
  readonly from: Instant;
  readonly to: Instant;
  readonly reason: string;
  /**
   * True where what existed before was known: objects of which the list shows no other version were not written in between, and
   * only what came and went again was missed. False where it is another store that the list shows.
   */
  readonly compared: boolean;
  /** True where the store is another one than before, so that what was told in it may have been no more, whoever told it. */
  readonly isOfAnotherStore?: true;
}

/** The API server could not be asked; it is tried again, and nothing is lost yet. */
export interface Interrupted {
  readonly what: 'interrupted';
  readonly at: Instant;
  readonly error: Error;
  readonly retryInMilliseconds: number;
}

/** An object whose metadata the API server should never leave out was met; it is not taken up. */
export interface Unusable {
  readonly what: 'unusable';
  readonly namespace: string;
  readonly name: string;
  /** What it lacks: `uid`. */
  readonly lacks: string;
  readonly at: Instant;
}

export type Notice<T> = Upserted<T> | Deleted | Listed | Gap | Interrupted | Unusable;

/** Notices in their order, and where to go on once they are dealt with. */
export interface Batch<T> {
  readonly notices: readonly Notice<T>[];
  /** Absent in the middle of a list: a restart begins that list again. */
  readonly position?: Position;
}

/** What is kept of an object, and the identity that it is known by. */
export interface Projection<T> extends Identity {
  readonly content: T;
}

/** Gives what is kept of an object, or says what it lacks to be taken up. */
export type Project<T> = (object: ApiObject) => Projection<T> | { readonly lacks: string };
