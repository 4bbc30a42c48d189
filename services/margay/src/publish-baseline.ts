import { coverageMarks, resourceChanges } from '@margay/contracts';
import { doubtsFor } from '@margay/coverage';
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

/**
 * Holds lists of a cluster against what the stores have, and publishes them as the whole state of their kinds at an instant. Durable
 * on the bus when fulfilled; the same lists again change nothing.
 *
 * @param admit is asked before anything is published.
 * @throws Error that says why the lists are not used: nothing is published then.
 */
export async function publishBaseline(
  files: BaselineFiles,
  { bus, stores, cluster }: { readonly bus: Bus; readonly stores: Stores; readonly cluster: string },
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
  const { changes, marks } = await readBaseline(files, { versions, doubts });
  admit(changes);
  const ofCluster = <T extends object>(values: readonly T[]) =>
    values.map((value) => ({ ...value, cluster }));
  const published = await publishAll(bus, resourceChanges, ofCluster(changes));
  // That the whole was seen goes last, so that it does not count before it is there.
  await publishAll(bus, coverageMarks, ofCluster(marks), [published]);
  const ends = changes.filter(({ what }) => what === 'gone').length;
  return { objects: changes.length - ends, ends, kinds: marks.length };
}
