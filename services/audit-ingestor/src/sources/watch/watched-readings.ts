import type { Read } from '@margay/coverage';
import { MINUTE, minuteOf, type Instant, type Kind } from '@margay/ground';
import type { Change, Reading } from '@margay/history';
import { changesOf, type Known, type WatchedChanges } from '@margay/kubernetes';

const instant = (at: Instant) => new Date(at / 1_000).toISOString();

/**
 * What one batch of list and watch says, in the words of coverage; pure.
 *
 * What was missed is in doubt in every minute of its stretch, so that no window within it counts as complete. A place
 * to go on from says that the source is alive, even where nothing happens.
 */
export function watchedReadings(resource: string, batch: WatchedChanges): Reading[] {
  const readings: Reading[] = [];
  for (const { correction, ...change } of batch.changes) {
    if (correction) {
      const message = correctionMessage(resource, change);
      readings.push({ kind: 'changes', at: change.at, changes: [change, doubtBefore(change, message)] });
      readings.push(...doubtIn(change.receivedAt, change.at, 'corrected', message));
    } else readings.push({ kind: 'changes', at: change.at, changes: [change] });
  }
  for (const { from, to, reason, compared, isOfAnotherStore } of batch.gaps) {
    const outcome = compared
      ? 'What a list showed to be written meanwhile is in doubt; what came and went again is not known.'
      : 'What a list showed afterwards was taken up.';
    const message = `The watch of ${resource} missed what happened from ${instant(from)} to ${instant(to)}: ${reason}. ${outcome}`;
    const word = isOfAnotherStore ? 'another-store' : compared ? 'relisted' : 'missed';
    readings.push(...doubtIn(from, to, word, message));
  }
  for (const { at, error } of batch.interruptions) {
    readings.push({
      kind: 'doubtful',
      at,
      reason: 'unwatched',
      message: `${resource} could not be watched: ${error.message}`,
    });
  }
  for (const { namespace, name, lacks, at } of batch.unusable) {
    readings.push({
      kind: 'unusable',
      at,
      reason: 'no-uid',
      message: `${resource} ${namespace}/${name} lacks ${lacks}: the API server is at fault.`,
    });
  }
  if (batch.position) readings.push({ kind: 'ignored', at: batch.position.at, reason: 'bookmark' });
  return readings;
}

/** The ends of all objects of a kind that is served no more since its definition is gone. */
export function endsOf(
  kind: Pick<Kind, 'group' | 'resource'>,
  objects: Iterable<Known>,
  { at, notBefore }: { readonly at: Instant; readonly notBefore: Instant },
): WatchedChanges {
  const notices = [...objects].map((identity) => ({
    what: 'deleted' as const,
    identity,
    by: 'list' as const,
    correction: false,
    at,
    notBefore,
  }));
  return changesOf(kind, { notices });
}

/** What a list corrects had been so since some instant after the last look. */
function doubtBefore(
  { content: _, created: __, resourceVersion: ___, actor: ____, ...correction }: Change,
  message: string,
): Change {
  return {
    ...correction,
    id: `${correction.id}#corrected`,
    // Of an event of its own, or what the list shows would settle it.
    eventId: `${correction.eventId}#corrected`,
    what: 'doubtful',
    // The list alone tells what had happened: no sight or end by a request of that time.
    at: correction.receivedAt + 1,
    doubt: { reason: 'corrected', may: 'be-anything', message },
  };
}

function correctionMessage(resource: string, { what, namespace, name, receivedAt, at }: Change): string {
  const found = what === 'gone' ? 'was gone' : 'was different';
  return `${resource} ${namespace}/${name} ${found} when it was listed at ${instant(at)}: when that happened after ${instant(receivedAt)} is not known.`;
}

/** Doubts at both ends of each minute that the stretch touches, so that no instant of it is left out of their marks. */
function doubtIn(
  from: Instant,
  to: Instant,
  reason: 'missed' | 'another-store' | 'relisted' | 'corrected',
  message: string,
): Reading[] {
  const readings: Reading[] = [];
  for (let minute = minuteOf(from); minute <= to; minute += MINUTE) {
    const ends = new Set([Math.max(from, minute), Math.min(to, minute + MINUTE - 1)]);
    for (const at of ends) readings.push({ kind: 'doubtful', at, reason, message });
  }
  return readings;
}

/** Readings in stretches of a bounded size, each with positions of its own from `from` on. */
export function* stretches(
  readings: readonly Reading[],
  from: number,
): Generator<{ from: number; to: number; reads: readonly Read<Reading>[] }> {
  const SIZE = 500;
  for (let i = 0; i < readings.length; i += SIZE) {
    const reads = readings.slice(i, i + SIZE).map((reading, j) => ({ position: from + i + j, reading }));
    yield { from: from + i, to: from + i + reads.length, reads };
  }
}
