import { type Instant, compareTexts } from '@margay/ground';
import type { Change } from './change.ts';
import { doubtBefore, isOutcomeUnknown, type Doubtful, type OpenDoubt } from './doubtful.ts';
import { requestOf } from './doubts.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import type { Life } from './lives.ts';
import { ALWAYS, NEVER_SHOWN } from './object-doubt.ts';

/** A change whose answer tells that an object was there, and does not show it. */
const isFinding = (change: Change): change is Doubtful => change.doubt?.wasThere === true;

/** What is known of a name beside its findings. */
interface Known {
  /** With the ends that doubts gave them. */
  readonly lives: readonly Life[];
  readonly unseen: readonly OpenDoubt[];
  /** That were made, and when. */
  readonly births: readonly Doubtful[];
}

/**
 * What objects were before the first request that found them and did not show them: nobody knows, nor since when. They were there
 * since the name was seen free at the earliest, or another object of the name ended.
 *
 * @param changes all of the name, without doubts that are settled.
 */
export function unseenBefore(changes: readonly Change[], known: Known): OpenDoubt[] {
  const findings = changes.filter(isFinding).sort(inTime);
  const uids = new Set(known.lives.map(({ uid }) => uid));
  const told: Doubtful[] = [];
  const open = new Map<Instant, OpenDoubt>();
  for (const finding of findings) {
    if (finding.uid !== undefined && uids.has(finding.uid)) continue;
    if (known.lives.some((life) => isThere(life, finding))) continue;
    if (told.some((one) => isOfSameRequest(one, finding))) continue;
    told.push(finding);
    if (finding.uid !== undefined) uids.add(finding.uid);
    const start = Math.max(ALWAYS, ...freeBefore(finding, changes, known.lives));
    if (open.has(start) || isBirthTold(finding, start, changes, known.births)) continue;
    const until = untilOf(finding, changes, known);
    if (start < until) open.set(start, before(finding, start, until));
  }
  return [...open.values()];
}

const inTime = (a: Change, b: Change): number =>
  a.at - b.at || compareTexts(a.id, b.id) || compareTexts(a.origin.source, b.origin.source);

/** True for an object that is known to be what the request found. */
const isThere = ({ bornAt, end = Infinity }: Life, { receivedAt, at }: Change): boolean =>
  bornAt <= at && (end > receivedAt || end >= at);

/** Two API servers, or an aggregated one behind another, tell of one request each. */
const isOfSameRequest = (one: Change, other: Change): boolean =>
  requestOf(one.eventId) === requestOf(other.eventId) &&
  one.receivedAt <= other.at &&
  other.receivedAt <= one.at;

/** Instants before the request came in from which on the name may have been free. */
function freeBefore(finding: Change, changes: readonly Change[], lives: readonly Life[]): Instant[] {
  const free = lives.map(({ end = Infinity }) => end).filter((end) => end <= finding.receivedAt);
  for (const change of changes) {
    const { what, at, receivedAt, doubt, origin } = change;
    const margin = what === 'absent' && origin.source !== finding.origin.source ? CLOCKS_DIFFER : 0;
    if (at + margin > finding.receivedAt || isOfSameRequest(change, finding)) continue;
    if (what === 'absent') free.push(receivedAt);
    else if (what === 'gone' || doubt?.ends === true) free.push(at);
  }
  return free;
}

/** True where something else tells when it was made, and what is not known since then. */
function isBirthTold(
  { uid, at, receivedAt }: Change,
  start: Instant,
  changes: readonly Change[],
  births: readonly Doubtful[],
): boolean {
  return (
    births.some((birth) => birth.receivedAt >= start && birth.receivedAt <= receivedAt) ||
    changes.some(
      (change) =>
        change.created === true &&
        change.doubt !== undefined &&
        !isOutcomeUnknown(change as Doubtful) &&
        (change.uid ?? uid) === (uid ?? change.uid) &&
        change.at >= start &&
        change.receivedAt <= at,
    )
  );
}

/**
 * Until its end, if the request ended it, else until the request, and of a deletion that may not have been done until something is known
 * of the name; and until something else is open about it.
 */
function untilOf(finding: Doubtful, changes: readonly Change[], { lives, unseen }: Known): Instant {
  const { what, at, receivedAt, doubt } = finding;
  let until = what === 'gone' || doubt.ends === true ? at : receivedAt;
  if (what !== 'gone' && doubt.may === 'be-gone' && doubt.ends !== true)
    until = Math.min(
      ...lives.map(({ bornAt }) => bornAt).filter((bornAt) => bornAt > at),
      ...changes.filter((one) => tellsOfEnd(one) && one.receivedAt > at).map((one) => one.at),
    );
  const before = unseen.filter((span) => span.start <= receivedAt && span.until >= receivedAt);
  return Math.min(until, ...before.map(({ start }) => start));
}

/** True for what shows that nothing had the name. */
const tellsOfEnd = ({ what, doubt }: Change): boolean =>
  what === 'absent' || what === 'gone' || doubt?.ends === true;

function before(finding: Doubtful, start: Instant, until: Instant): OpenDoubt {
  const { id, resource, doubt } = finding;
  // What is in a namespace shows that this is there; of others not even that is known.
  const may = resource === 'namespaces' ? 'differ' : 'be-anything';
  const message = `${doubt.message} What was there before, and since when, is not known.`;
  const of = doubtBefore(finding, `${id}#before`, start, { reason: NEVER_SHOWN, may, message });
  return { start, until, may, of };
}
