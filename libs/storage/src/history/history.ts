import type { Instant, Key, Window } from '@margay/ground';
import type {
  AskedName,
  Change,
  DoubtSince,
  Meeting,
  NumberedSight,
  Sight,
  SightWindow,
  Version,
} from '@margay/history';

/** When the message that told a change was published. */
export type PublishedAt = (change: Change) => Instant | undefined;

/** What became of changes that were appended. */
export interface Appended {
  /** Changes that the history did not have yet. */
  readonly applied: number;
  /** Events known already that were read from another place for the first time. */
  readonly repeated: number;
}

/** How many events of a minute were read from more than one place, each further place counted once. */
export interface RepeatCount {
  /** The minute's first instant. */
  readonly minute: Instant;
  readonly count: number;
}

/** How much the history has of one kind. */
export interface KindSummary {
  readonly group: string;
  readonly resource: string;
  /** Names that were ever in use. */
  readonly objects: number;
  readonly versions: number;
  readonly changes: number;
}

/** An object that is asked for. */
export interface KnownObject extends Key {
  readonly uid: string;
}

/** Which versions to read. */
export interface VersionFilter {
  /** Lower-case plurals; all where absent. */
  readonly resources?: readonly string[];
}

/**
 * What the numbers of the cluster's counter say of whether one cluster tells all changes, see `twoClustersIn`. In Elasticsearch what was
 * appended in the last second may not be seen yet.
 */
export interface Numbers {
  /** Of some sights those whose number another object was given too, each with one such: the first write, where there is one. */
  meetings(sights: readonly NumberedSight[]): Promise<Meeting[]>;

  /** The creation of an object. */
  birthOf(sight: NumberedSight): Promise<NumberedSight | undefined>;

  /**
   * The first creations of the kind, 100 at the most, that came after an object's with a lesser number, and before a write of it; by
   * clocks of API servers, which may differ.
   */
  outlivedBy(birth: NumberedSight, written: NumberedSight): Promise<NumberedSight[]>;

  /** Whether two clusters tell all changes, by what the history has of it. */
  copies(): Promise<Copies>;
}

/** What a history has of a copy of its cluster. */
export interface Copies {
  /** That two tell, the oldest doubt where there are several; undefined where none does any more, or ever did. */
  readonly doubt: DoubtSince | undefined;
  /** From when on nothing counts that was given twice before, since somebody said that the copy was ended. -Infinity where nobody did. */
  readonly endedAt: Instant;
}

/**
 * The history of one cluster: the changes that were seen and the versions that follow from them.
 *
 * Only changes are appended; the versions of a key are derived from all of its changes by `foldKey`, so the order of
 * arrival, repeats and the splitting into batches never change them.
 */
export interface History {
  /**
   * Keeps changes and derives the versions of their keys anew. All of it is durable and visible when fulfilled; when
   * rejected, appending the same again is harmless.
   *
   * A change known already does nothing; where it comes from another origin, its event is counted as a repeat, once
   * for each origin.
   *
   * @param publishedAt when the message of a change was published; undefined of what no message told.
   */
  append(changes: readonly Change[], publishedAt?: PublishedAt): Promise<Appended>;

  /**
   * Derives anew the versions that another release folded in another way (`FOLD`), some names at a time; others may be appended to meanwhile.
   *
   * @returns how many names these were.
   */
  foldAnew(signal: AbortSignal): Promise<number>;

  /**
   * The versions valid at some instant of the window, by group, resource, namespace, name and then `validFrom`, with
   * the ends that follow from other objects' ends (`inferEnds`). One consistent state, whatever is appended meanwhile.
   */
  versions(window: Window, filter?: VersionFilter): AsyncIterable<Version>;

  /**
   * The first whole sight of each name, in no particular order: of requests that came in at `from` or later and were answered
   * before `before`. A sight shows what the object is, whether or not a version begins with it.
   */
  firstSights(window: SightWindow): AsyncIterable<Sight>;

  /**
   * Those of some objects that the cluster's own counter counts, by uid, of which a sight is here that was published before an instant: what a
   * request claims is none. Where it is not known when it was published, as of those that former releases kept, its request had come in before. In Elasticsearch not of those that releases kept which did not index uids or numbers.
   */
  known(objects: readonly KnownObject[], before: Instant): Promise<ReadonlySet<string>>;

  /** Those of the names of which anything was told before an instant, in the order given. */
  told(asked: readonly AskedName[], before: Instant): Promise<AskedName[]>;

  /** The minutes of the window that have repeats, ascending. */
  repeats(window: Window): Promise<RepeatCount[]>;

  /** The instants of the first and the last change; undefined for an empty history. */
  span(): Promise<{ readonly first: Instant; readonly last: Instant } | undefined>;

  /** What there is of each kind, by group and resource. */
  summary(): Promise<KindSummary[]>;

  readonly numbers: Numbers;

  /** All changes of one key, by instant and then id: what its versions were derived from. */
  changesOf(key: Key): Promise<Change[]>;

  /** The same of several keys, in their order. */
  changesOfEach(keys: readonly Key[]): Promise<Change[][]>;
}
