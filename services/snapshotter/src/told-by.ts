import { CLUSTER_UID_HEADER, TELLER_HEADER } from '@margay/contracts';
import { extentOf, isOfFlows, tellerOf, timesOf, type CoverageMark } from '@margay/coverage';
import type { Instant, Interval, Key } from '@margay/ground';
import { type Change, isOfOwnCounter, shownByOneCluster, shownClusterUid } from '@margay/history';
import type { Delivery } from '@margay/messaging';
import type { KnownObject } from '@margay/storage';

/** A message as far as it tells whose it is: of changes with the object, of marks with the source. */
export interface Named extends Partial<Key> {
  readonly cluster: string;
  readonly what?: Change['what'];
  readonly uid?: string;
  readonly uidShown?: boolean;
  readonly eventId?: string;
  readonly at?: Instant;
  readonly receivedAt?: Instant;
  readonly origin?: { readonly source: string };
  readonly source?: string;
  readonly goesOnFrom?: string;
  readonly buckets?: CoverageMark['buckets'];
}

/** What one message tells of whose it is. */
export interface Told {
  readonly teller: string;
  readonly source: string;
  /** When it was published. */
  readonly at: Instant;
  /** The uid that whoever published it said; its own where it is of kube-system. */
  readonly says?: string | undefined;
  /** It shows kube-system itself. */
  readonly isShowing: boolean;
  /** The object that it is of, where its uid is one that no other cluster gives. */
  readonly object?: KnownObject;
  /** The history knows that object by what is kept of it. */
  readonly isRemembered: boolean;
  /** What no other cluster shows alike: the uid of that object, or, where another API server keeps it, the request; see `shownByOneCluster`. */
  readonly shown?: string;
  /** Who told what stands in the file that it goes on from. */
  readonly goesOnFrom?: string;
  /** Of a change, and of an event of the trail: from when on it tells something. */
  readonly from?: Instant;
  /** Of which times it tells; absent where it is of none, or of flows, of which the word of their ingestor alone tells. */
  readonly times?: Interval;
}

/** What a message tells of whose it is. @param delivery absent of what no message told. */
export function toldBy(message: Named, delivery: Delivery | undefined): Told {
  const { origin, goesOnFrom, at, receivedAt, eventId } = message;
  const source = origin?.source ?? message.source ?? '';
  const isShowing = shownClusterUid(message) !== undefined;
  const key = keyOf(message);
  const shown = shownByOneCluster({ ...message, ...key, eventId: eventId ?? '' });
  // Of releases that do not say it the source alone is known.
  const teller = delivery?.headers[TELLER_HEADER] ?? tellerOf('', source);
  const reader = teller.slice(tellerOf('', source).length);
  return {
    teller,
    source,
    at: (delivery?.publishedAt ?? 0) * 1_000,
    says: isShowing ? shown : delivery?.headers[CLUSTER_UID_HEADER],
    isShowing,
    isRemembered: isOfOwnCounter(key) && (message.what === 'present' || message.what === 'gone'),
    ...(shown !== undefined && { shown }),
    ...(shown !== undefined && isOfOwnCounter(key) && { object: { ...key, uid: shown } }),
    ...(goesOnFrom !== undefined && { goesOnFrom: tellerOf(reader, goesOnFrom) }),
    ...(at !== undefined && { from: Math.min(at, receivedAt ?? at) }),
    ...timesToldBy(message),
  };
}

const keyOf = ({ group = '', resource = '', namespace = '', name = '' }: Named): Key => ({
  group,
  resource,
  namespace,
  name,
});

/** Whether a message is a change, or an event of the trail. */
export const tellsSomething = ({ from }: Told): boolean => from !== undefined;

function timesToldBy({ at, receivedAt = at, source, buckets = [] }: Named): Pick<Told, 'times'> {
  if (at !== undefined) return { times: timesOf(Math.min(at, receivedAt!), Math.max(at, receivedAt!)) };
  const extent = source === undefined || isOfFlows(source) ? undefined : extentOf({ buckets });
  return extent === undefined ? {} : { times: timesOf(extent.first, extent.last) };
}

/** Whether it shows a request, and no object. */
export const isOfRequest = ({ object, shown }: Told): boolean => shown !== undefined && object === undefined;
