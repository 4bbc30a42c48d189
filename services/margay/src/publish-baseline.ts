import { createHash } from 'node:crypto';
import { CLUSTER_UID_HEADER, coverageMarks, resourceChanges, TELLER_HEADER } from '@margay/contracts';
import { doubtsFor, tellerOf } from '@margay/coverage';
import { birthOf, FIRST_OBJECT, type Change, type Version } from '@margay/history';
import { publishAll, type Bus } from '@margay/messaging';
import type { Stores } from '@margay/storage';
import { readBaseline, type BaselineFiles } from './read-baseline.ts';

/** What a baseline held. */
export interface PublishedBaseline {
  readonly objects: number;
  /** Of objects that the history had, and the lists have not. */
  readonly ends: number;
  readonly kinds: number;
}

/** Where a baseline goes, and of which cluster it is. */
export interface BaselineTarget {
  readonly bus: Bus;
  readonly stores: Stores;
  readonly cluster: string;
  /** The uid that somebody says of the cluster, see `CLUSTER_UIDS`. */
  readonly uid?: string | undefined;
}

/**
 * Holds lists of a cluster against what the stores have, and publishes them as the whole state of their kinds at an instant. Durable
 * on the bus when fulfilled; the same lists again change nothing.
 *
 * @param admit is asked before anything is published.
 * @throws Error that says why the lists are not used: nothing is published then.
 */
export async function publishBaseline(
  files: BaselineFiles,
  { bus, stores, cluster, uid }: BaselineTarget,
  admit: (changes: readonly Change[]) => void = () => {},
): Promise<PublishedBaseline> {
  const versions: Version[] = [];
  const fromThenOn = { start: files.at, end: Number.MAX_SAFE_INTEGER };
  for await (const version of stores.history.versions(fromThenOn)) versions.push(version);
  const then = { start: files.at, end: files.at + 1 };
  const birth = birthOf(await stores.history.changesOf(FIRST_OBJECT));
  const doubts = doubtsFor(await stores.coverage.marks(then), then, {
    deliveries: await stores.coverage.deliveries(),
    ...(birth !== undefined && { birth }),
  });
  const { source, changes, marks } = await readBaseline(files, { versions, doubts });
  admit(changes);
  const ofCluster = <T extends object>(values: readonly T[]) =>
    values.map((value) => ({ ...value, cluster }));
  const own = {
    [TELLER_HEADER]: tellerOf(readerOf(files, changes), source),
    ...(uid !== undefined && { [CLUSTER_UID_HEADER]: uid }),
  };
  const published = await publishAll(bus, resourceChanges, ofCluster(changes), [], own);
  // That the whole was seen goes last, so that it does not count before it is there.
  await publishAll(bus, coverageMarks, ofCluster(marks), [published], own);
  const ends = changes.filter(({ what }) => what === 'gone').length;
  return { objects: changes.length - ends, ends, kinds: marks.length };
}

/** Each baseline is told by itself: files of one name may be of two clusters. The same one again is told by the same. */
const readerOf = ({ at }: BaselineFiles, changes: readonly Change[]): string =>
  createHash('sha256')
    .update(JSON.stringify([at, changes.filter(({ what }) => what === 'present').map(({ id }) => id)]))
    .digest('hex')
    .slice(0, 16);
