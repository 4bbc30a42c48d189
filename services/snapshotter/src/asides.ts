import { createHash } from 'node:crypto';
import {
  CLUSTER_UID_HEADER,
  coverageMarks,
  flows,
  policyEvents,
  resourceChanges,
  TELLER_HEADER,
  type ClusterCoverageMark,
  type ClusterFlow,
  type ClusterPolicyEvent,
  type ResourceChange,
} from '@margay/contracts';
import { LONG_AGO, type AsideMessage } from '@margay/coverage';
import type { Instant } from '@margay/ground';
import { placeName, placesSetAside, type Delivery, type OfUnknown } from '@margay/messaging';
import { clusterName } from '@margay/runtime';
import { ANY_CLUSTER, type Cell } from '@margay/storage';
import { clusterOfLoss, LOST_KNOWLEDGE, markOfLoss, type KnownLoss } from './losses.ts';

/** Remembers messages of a cluster that is none of the cell’s, for another service that knows more, or this one later. */
export async function rememberUnknown(
  cell: Cell,
  cluster: string,
  some: readonly OfUnknown[],
): Promise<void> {
  await cell.asidesOf(cluster)?.append(some.map(({ delivery, error }) => asideOf(delivery, error.said)));
}

/** The same of what is lost of such a cluster, or of any. */
export async function rememberLoss(cell: Cell, loss: KnownLoss): Promise<void> {
  await cell.asidesOf(clusterOfLoss(loss) ?? ANY_CLUSTER)?.append([asideOfLoss(cell, loss)]);
}

/** Messages of clusters that are not known here, by name. What CLUSTERS cannot have as a name no cluster is ever called. */
export const byName = (some: readonly OfUnknown[]): [string, OfUnknown[]][] =>
  [...Map.groupBy(some, ({ error }) => error.cluster)].filter(
    ([name]) => clusterName.safeParse(name).success,
  );

/** Of messages that are kept, or lost in a way that is known now: where they were set aside before, nothing is missing any more. */
export async function settleAsides(
  cell: Cell,
  of: readonly (readonly [cluster: string, delivery: Delivery])[],
): Promise<void> {
  const places = (some: typeof of) =>
    // Where it is itself: whoever did not know the cluster may have been killed before that was committed.
    some.flatMap(([, delivery]) =>
      [placeName(delivery), ...placesSetAside(delivery)].map((place) => asideName(place, delivery)),
    );
  for (const [cluster, some] of Map.groupBy(of, ([name]) => name))
    await cell.asidesOf(cluster)?.settle(places(some));
  const again = of.filter(([, delivery]) => placesSetAside(delivery).length > 0);
  await cell.asidesOf(ANY_CLUSTER)?.settle(places(again));
}

/**
 * The name that a message is remembered by: where it was, and what it says, in whose name. Anybody who publishes can say of a message where it was
 * set aside; only one that says the same settles it.
 */
function asideName(place: string, { key, value, headers }: Delivery): string {
  const who = [key, headers[CLUSTER_UID_HEADER] ?? null, headers[TELLER_HEADER] ?? null];
  const digest = createHash('sha256')
    .update(`${JSON.stringify(who)}\n`)
    .update(value)
    .digest('base64url');
  return `${place}#${digest}`;
}

function asideOf(delivery: Delivery, said: unknown): AsideMessage {
  const { topic } = delivery;
  const times = (TIMES[topic]?.(said as never) ?? []).filter((time) => time !== undefined);
  const [first = LONG_AGO, last = (delivery.publishedAt + 1) * 1_000] =
    times.length === 0
      ? []
      : [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
  const place = asideName(placeName(delivery), delivery);
  return { place, topic, what: LOST_KNOWLEDGE[topic]!, after: first, before: last + 1 };
}

/** Between which instants that happened of which messages of a topic tell; without any, at any time until they were published. */
const TIMES: Readonly<Record<string, (said: never) => readonly (Instant | undefined)[]>> = {
  [resourceChanges.name]: ({ at, receivedAt }: ResourceChange) => [receivedAt, at],
  [policyEvents.name]: ({ at }: ClusterPolicyEvent) => [at],
  [flows.name]: ({ startAt, endAt }: ClusterFlow) => [startAt, endAt],
  [coverageMarks.name]: ({ buckets, timeless, problems, canaries = [], listed }: ClusterCoverageMark) =>
    Object.keys(timeless).length > 0 || problems.some(({ at }) => at === undefined)
      ? []
      : [
          ...buckets.flatMap(({ first, last }) => [first, last]),
          ...canaries.flatMap(({ since, at }) => [since, at]),
          listed?.at,
        ],
};

function asideOfLoss(cell: Cell, loss: KnownLoss): AsideMessage {
  const [problem] = markOfLoss(loss).problems;
  const { after = LONG_AGO, before = Infinity, message } = problem!;
  const { topic, partition } = loss.kind === 'hole' ? loss.hole : loss.delivery;
  return {
    place:
      loss.kind === 'hole'
        ? `${topic}/${partition}@${loss.hole.from}-${loss.hole.to}/${loss.hole.before}`
        : asideName(placeName(loss.delivery), loss.delivery),
    topic,
    what: LOST_KNOWLEDGE[topic]!,
    after,
    before,
    message,
    ...(clusterOfLoss(loss) === undefined && { except: cell.clusters }),
  };
}
