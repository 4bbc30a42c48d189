import type { Delivery } from '@margay/messaging';
import type { Loss } from '@margay/messaging/nest';

/** A place in a topic of which nobody can read what it said. */
export interface TopicLoss {
  /** `topic/partition`. */
  readonly source: string;
  /** The offsets `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly reason: 'unreadable' | 'lost';
  readonly message: string;
}

/** What a topic that somebody else writes does not tell: a message that cannot be unpacked, or ones that were gone before they were read. */
export function topicLoss(loss: Loss): TopicLoss {
  if (loss.kind === 'set-aside') {
    const { offset, ...place }: Delivery = loss.delivery;
    const from = Number(offset);
    return {
      source: sourceOf(place),
      from,
      to: from + 1,
      reason: 'unreadable',
      message: `${loss.error.message}.`,
    };
  }
  if (loss.kind === 'of-unknown') throw new Error('What others write on a topic of theirs names no cluster.');
  const { from, to, before, ...place } = loss.hole;
  const source = sourceOf(place);
  if (from === to) {
    // Its offsets begin again, so that none of them stands for what was not read of the old one.
    const message = 'the topic was made anew, so that what was not read of the old one is lost.';
    return { source, from: -before, to: -before, reason: 'lost', message };
  }
  const message = `offsets ${from} to ${to - 1} were gone before they were read: keep the topic for longer than the ingestor may be away.`;
  return { source, from, to, reason: 'lost', message };
}

const sourceOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;
