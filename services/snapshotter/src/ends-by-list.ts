import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterCoverageMark } from '@margay/contracts';
import { watchedKind, type Delivery } from '@margay/coverage';
import { joined, resourceName, type Interval } from '@margay/ground';
import {
  askedList,
  endByList,
  instantOf,
  notListed,
  type Change,
  type ListedKind,
  type Version,
} from '@margay/history';
import type { Stores } from '@margay/storage';

/**
 * So long a list waits until it is known of which cluster its watch tells, in milliseconds: lists of all kinds begin at once, and another one
 * may show it.
 */
const KNOWN_WITHIN = 10_000;
const LOOKED_EVERY = 250;

interface Asking {
  /** Whether it is known, or said, by now that the list is of this cluster. */
  readonly isOfCluster: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * The ends of objects that a list of the whole, which ends with a mark, does not show, and of whose deletion nobody told. Nothing where the
 * mark has none. The same for the same list.
 *
 * @param stores with all that was published before the mark.
 */
export async function endsByList(
  { history, coverage }: Stores,
  { listed, source }: ClusterCoverageMark,
  asking: Asking,
): Promise<Change[]> {
  if (listed === undefined) return [];
  const at = instantOf(listed);
  const there: Version[] = [];
  const window = { start: at, end: at + 1 };
  for await (const version of history.versions(window, { resources: [listed.resource] })) there.push(version);
  const list = askedList(listed);
  const missing = notListed(list, there);
  if (missing.length === 0) return [];
  const watched = watchedBeside(source, listed, await coverage.deliveries(listed.at));
  const isSure = listed.isWhole && (await isKnownOf(asking));
  const endOf = endByList(list, { watched, isSure });
  const ends: Change[] = [];
  for (const version of missing) ends.push(...endOf(version, await history.changesOf(version)));
  return ends;
}

/** When other watches of the kind are known to have told everything of it. */
function watchedBeside(own: string, list: ListedKind, deliveries: readonly Delivery[]): readonly Interval[] {
  const isOfKind = ({ source }: Delivery): boolean => {
    const kind = watchedKind(source);
    return kind !== undefined && source !== own && resourceName(kind) === resourceName(list);
  };
  return joined(
    deliveries
      .filter(isOfKind)
      .flatMap(({ first, last }) =>
        first === undefined || last === undefined ? [] : [{ start: first, end: Math.min(last + 1, list.at) }],
      ),
  );
}

async function isKnownOf({ isOfCluster, signal }: Asking): Promise<boolean> {
  const end = Date.now() + KNOWN_WITHIN;
  while (!signal.aborted && Date.now() < end) {
    if (await isOfCluster()) return true;
    await sleep(LOOKED_EVERY, undefined, { signal }).catch(() => undefined);
  }
  // What was to be kept comes again.
  signal.throwIfAborted();
  return false;
}
