import { formatInstant, type Instant, MINUTE } from '@margay/ground';
import { lostMark } from './lost-mark.ts';
import type { CoverageMark } from './mark.ts';
import type { LostKnowledge } from './source.ts';

/**
 * Something of a cluster that was set aside by a service that did not know the cluster, though another one may, or this one later: what it
 * said is missing in what is kept of the cluster until it is published again.
 */
export interface AsideMessage {
  /** Where and when it was published, and a digest of what it says: no other message has the same. */
  readonly place: string;
  /** The topic that it was on. */
  readonly topic: string;
  /** Of what it told. */
  readonly what: LostKnowledge;
  /** What it told of happened in `[after, before)`. */
  readonly after: Instant;
  readonly before: Instant;
  /** What to say of it, where it is no message that could be read. */
  readonly message?: string;
  /** Of what may be of any cluster: those of which it is told by themselves. */
  readonly except?: readonly string[];
}

/** Messages whose times are no further apart are told of together. */
const NEAR = MINUTE;

interface Together {
  readonly after: Instant;
  before: Instant;
  count: number;
  readonly message?: string | undefined;
}

/** What is not known since messages were set aside, as marks of what was lost between the services. @param open those that are missing still. */
export function asideMarks(open: readonly AsideMessage[]): CoverageMark[] {
  const alike = Map.groupBy(open, ({ topic, what }) => `${what} ${topic}`);
  return [...alike.values()].flatMap((some) => {
    const { topic, what } = some[0]!;
    const place = `set aside of ${topic}`;
    return together(some).map((one, position) => {
      const { after, before } = one;
      const message = asideWords(topic, one);
      return lostMark({ what, place, position, reason: 'set-aside', message, after, before });
    });
  });
}

/** In time order; they do not overlap. */
function together(some: readonly AsideMessage[]): Together[] {
  const all: Together[] = [];
  for (const { after, before, message } of some.toSorted((a, b) => a.after - b.after)) {
    const last = all.at(-1);
    if (last === undefined || after > last.before + NEAR) all.push({ after, before, count: 1, message });
    else {
      last.before = Math.max(last.before, before);
      last.count++;
    }
  }
  return all;
}

function asideWords(topic: string, { after, before, count, message }: Together): string {
  if (message !== undefined) return count === 1 ? message : `${message} There are ${count - 1} more.`;
  const [what, were, they, them] =
    count === 1 ? ['A message', 'was', 'it', 'it'] : [`${count} messages`, 'were', 'they', 'them'];
  return `${what} of ${topic} ${were} set aside by a service whose CLUSTERS lacked the cluster: what ${they} told from ${formatInstant(after)} to ${formatInstant(before)} is not kept. Publish ${them} again with margay dlq replay.`;
}
