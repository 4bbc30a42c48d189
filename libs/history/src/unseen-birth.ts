import { formatInstant, type Instant, type Kind, parseInstant } from '@margay/ground';
import type { Change } from './change.ts';
import { doubtBefore, type Doubtful, type OpenDoubt } from './doubtful.ts';
import type { Life } from './lives.ts';
import { placeText } from './place.ts';

/** At the end of the ids of doubts about what an object was before it was first seen. */
const BORN = '#born';

/** True for a change that says when an object was made: where its creation is in no log, what it was since then is not known. */
export const isBirth = ({ id }: Change): boolean => id.endsWith(BORN);

/** Endpoints and what holds them are written all the time, and definitions matter by their end alone. */
const ROLES: ReadonlySet<Kind['role']> = new Set(['policy', 'networkSet', 'tier', 'parent']);

/** True for kinds of which it is kept what is not known of the time before they were seen first. */
export const isRarelyWritten = ({ role }: Kind): boolean => ROLES.has(role);

/**
 * What an object that is shown, and not by its creation, says of the time before: that it was there since its creationTimestamp. Of no
 * consequence where its creation was seen.
 */
export function birthOf(kind: Kind, shown: Change, creationTimestamp: unknown): Change[] {
  const bornAt = parseInstant(creationTimestamp);
  if (!isRarelyWritten(kind) || shown.created === true || bornAt === undefined || bornAt >= shown.at)
    return [];
  const message = `${placeText(shown)}: it was made at ${formatInstant(bornAt)}, which no event shows: what it was before it was seen first is not known.`;
  const id = `${shown.eventId}#${shown.uid}${BORN}`;
  return [doubtBefore(shown, id, bornAt, { reason: 'first-seen-in-mid-life', may: 'differ', message })];
}

/**
 * What objects were between their creation and their first sight, where nothing else tells of the creation.
 *
 * @param births that tell when objects were made. @param doubts what is known to be unknown about the name.
 */
export function unseenBirths(
  lives: readonly Life[],
  births: readonly Doubtful[],
  doubts: readonly Doubtful[],
): OpenDoubt[] {
  return lives.flatMap((life) => {
    const { uid, shown, bornAt, restored } = life;
    if (shown[0]?.created === true || restored !== undefined) return [];
    const of = births.filter((birth) => birth.uid === uid).sort(inTime)[0];
    if (of === undefined) return [];
    const isTold = doubts.some(
      ({ created, uid: about, at }) =>
        created === true && (about ?? uid) === uid && at >= of.receivedAt && at <= bornAt,
    );
    if (isTold) return [];
    const start = Math.max(of.receivedAt, ...endsBefore(lives, life));
    return start < bornAt ? [{ start, until: bornAt, may: of.doubt.may, of }] : [];
  });
}

const inTime = (a: Change, b: Change): number => a.at - b.at || (a.id < b.id ? -1 : 1);

const endsBefore = (lives: readonly Life[], { uid, bornAt }: Life): Instant[] =>
  lives.flatMap((one) => (one.uid === uid || one.end === undefined || one.end > bornAt ? [] : [one.end]));
