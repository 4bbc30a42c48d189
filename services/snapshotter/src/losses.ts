import {
  coverageMarks,
  flows,
  objectOfKey,
  policyEvents,
  resourceChanges,
  type ResourceChange,
} from '@margay/contracts';
import {
  CLOCKS_DIFFER,
  LATENESS,
  LONG_AGO,
  lostMark,
  type CoverageMark,
  type LostKnowledge,
} from '@margay/coverage';
import { formatInstant, type Instant } from '@margay/ground';
import type { Delivery, Hole } from '@margay/messaging';
import type { Loss } from '@margay/messaging/nest';

/** What is not known any more where messages of a topic are lost. A lost mark may have said that something could not be read. */
export const LOST_KNOWLEDGE: Readonly<Record<string, LostKnowledge>> = {
  [resourceChanges.name]: 'everything',
  [coverageMarks.name]: 'everything',
  [policyEvents.name]: 'trail',
  [flows.name]: 'flows',
};

/** The topics of which a loss leaves something open. */
export const EVIDENCE_TOPICS: readonly string[] = Object.keys(LOST_KNOWLEDGE);

/** What is lost of clusters that are known here, or of which it is not known of which it is. */
export type KnownLoss = Exclude<Loss, { kind: 'of-unknown' }>;

/** The cluster that a lost message is of, as its key says; undefined where nobody knows: of a hole, or where its key is none of ours. */
export function clusterOfLoss(loss: KnownLoss): string | undefined {
  return loss.kind === 'hole' ? undefined : /^([a-z0-9][-a-z0-9.]*)\//i.exec(loss.delivery.key)?.[1];
}

/**
 * What a loss leaves open about the one object that its message is of; undefined where no single object is known. Pure as
 * {@link markOfLoss}: the same for the same loss. What was published had happened before, by the clocks; from when on is not known, but
 * that messages come in order.
 */
export function changeOfLoss(loss: KnownLoss): ResourceChange | undefined {
  if (loss.kind === 'hole' || loss.delivery.topic !== resourceChanges.name) return undefined;
  const { delivery } = loss;
  const about = objectOfKey(delivery.key);
  if (about === undefined) return undefined;
  const why = whySetAside(loss);
  const by = byThen(delivery.publishedAt);
  const isEmpty = delivery.value.byteLength === 0;
  const settling = isEmpty
    ? 'see the object whole after that'
    : 'publish it again with margay dlq replay, and see the object whole after that';
  const id = `set-aside/${delivery.topic}/${delivery.partition}/${delivery.offset}`;
  const { name, namespace, resource } = about;
  const object = [resource, [namespace, name].filter((part) => part !== '').join('/')].join(' ').trim();
  const message = `${object}: ${why}: what became of it by ${formatInstant(by)} is not known; ${settling}.`;
  return {
    ...about,
    id,
    eventId: id,
    what: 'doubtful',
    at: by,
    receivedAt: LONG_AGO,
    doubt: { reason: 'set-aside', may: 'be-anything', message },
    origin: { source: `${delivery.topic}/${delivery.partition}`, position: Number(delivery.offset) },
  };
}

/** What a loss leaves open, whoever it is about: a mark of what nobody knows any more. */
export function markOfLoss(loss: KnownLoss): CoverageMark {
  if (loss.kind === 'hole') return holeMark(loss.hole);
  const { delivery } = loss;
  const by = byThen(delivery.publishedAt);
  const message = `${whySetAside(loss)}: what it said by ${formatInstant(by)} is not known.`;
  return lostMark({
    ...lostOf(delivery),
    position: Number(delivery.offset),
    reason: 'set-aside',
    message,
    before: by,
  });
}

function whySetAside({ delivery, error }: Extract<Loss, { kind: 'set-aside' }>): string {
  const place = `${delivery.topic}/${delivery.partition}, offset ${delivery.offset}`;
  return `A message that cannot be used was set aside (${place}: ${error.message})`;
}

function holeMark(hole: Hole): CoverageMark {
  const { topic, partition, from, to, after, before, isPassedOver } = hole;
  const place = `${topic}/${partition}`;
  const since = after === undefined ? LONG_AGO : Math.max(LONG_AGO, after * 1_000 - LATENESS);
  const by = byThen(before);
  const isNew = from === to;
  const what = isNew
    ? `Topic ${place} was made anew: messages that were not read of the old one are lost`
    : isPassedOver
      ? `Where the group of ${place} stands was set by somebody else: whether the messages before were read (offsets ${from} to ${to - 1}) is not known`
      : `Messages of ${place} were gone before they were read (offsets ${from} to ${to - 1})`;
  const cure = isPassedOver
    ? 'Set it to the earliest message, which does no harm'
    : 'Keep topics for longer than services may be away';
  const message = `${what}: what they said by ${formatInstant(by)} is not known. ${cure}, and see the objects whole again.`;
  // Of a new topic the offsets are used again: the time stands for them.
  const [position, count] = isNew ? [before, 1] : [from, to - from];
  return lostMark({ ...lostOf(hole), position, count, reason: 'lost', message, after: since, before: by });
}

const byThen = (publishedAt: number): Instant => (publishedAt + 1) * 1_000 + CLOCKS_DIFFER;

/** Of what nobody knows any more what was told, and where. */
const lostOf = ({ topic, partition }: Pick<Delivery, 'topic' | 'partition'>) => ({
  what: LOST_KNOWLEDGE[topic] ?? 'everything',
  place: `${topic}/${partition}`,
});
