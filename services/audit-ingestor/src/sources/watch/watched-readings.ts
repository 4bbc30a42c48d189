import type { Read } from '@margay/coverage';
import { MINUTE, type Instant } from '@margay/ground';
import type { Change, Reading } from '@margay/history';
import type { WatchedChanges } from '@margay/kubernetes';

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
  for (const { from, to, reason } of batch.gaps) {
    const message = `The watch of ${resource} missed what happened from ${instant(from)} to ${instant(to)}: ${reason}. What a list showed afterwards was taken up.`;
    readings.push(...doubtIn(from, to, 'missed', message));
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

/** What a list corrects had been so since some instant after the last look. */
function doubtBefore(
  { content: _, created: __, resourceVersion: ___, actor: ____, ...correction }: Change,
  message: string,
): Change {
  return {
    ...correction,
    id: `${correction.id}#corrected`,
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

/** One doubt for each minute that the stretch touches. */
function doubtIn(from: Instant, to: Instant, reason: 'missed' | 'corrected', message: string): Reading[] {
  const readings: Reading[] = [];
  for (let at = from; at < to; at = (Math.floor(at / MINUTE) + 1) * MINUTE)
    readings.push({ kind: 'doubtful', at, reason, message });
  return [...readings, { kind: 'doubtful', at: to, reason, message }];
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
