import {
  fields,
  type Instant,
  type Key,
  keyText,
  parseInstant,
  servedGroup,
  type Window,
} from '@margay/ground';
import type { PolicyEvent, Version } from '@margay/history';
import { printedVersion } from './printed-version.ts';

/**
 * What became of an object, in words: as the write said it where the trail has it, else as the versions show it.
 *
 * - `first seen`: it had lived before, and nobody knows since when.
 * - `in doubt`, `seen again`: from here on it may be otherwise than it was last seen, and no longer.
 * - `deletion begun`: somebody deleted it, and it lived on for its grace or its finalizers.
 * - `ended`: its end was concluded, as with its namespace.
 */
type TimelineVerb =
  | 'created'
  | 'updated'
  | 'patched'
  | 'changed'
  | 'first seen'
  | 'in doubt'
  | 'seen again'
  | 'deletion begun'
  | 'deleted'
  | 'ended';

/** What became of one object at one instant. */
export interface TimelineEvent {
  readonly at: Instant;
  readonly what: TimelineVerb;
  /** As reports print it. */
  readonly resource: string;
  /** Absent where nothing tells. */
  readonly actor?: string;
}

/** Where the version's own actor made what it was before. */
const NOBODY = '';

const WRITTEN: Readonly<Record<string, TimelineVerb>> = { update: 'updated', patch: 'patched' };

/** What was done to objects in the window, in time order. @param endpoint whose deletions are told even where it lived on. */
export function timelineEvents(
  versions: readonly Version[],
  writes: readonly PolicyEvent[],
  endpoint: Key,
  { start, end }: Window,
): TimelineEvent[] {
  const within = (at: Instant) => start <= at && at < end;
  const trail = trailOf(writes);
  const events: TimelineEvent[] = [];
  for (const ofKey of Map.groupBy(versions, keyText).values()) {
    const lives = ofKey.toSorted((a, b) => a.validFrom - b.validFrom);
    for (const [i, version] of lives.entries()) {
      const [before, after] = [lives[i - 1], lives[i + 1]];
      const begun = within(version.validFrom) && beginning(version, before, trail);
      if (begun) events.push(begun);
      const { validTo } = version;
      if (validTo !== undefined && within(validTo) && !goesOn(version, after))
        events.push(ending(version, validTo, trail));
    }
  }
  const own = versions.find((version) => keyText(version) === keyText(endpoint));
  if (own !== undefined) events.push(...begunDeletions(own, writes, events).filter(({ at }) => within(at)));
  return events.sort((a, b) => a.at - b.at);
}

/** Whether the next version is of the same object, and begins where this one ends. */
const goesOn = (version: Version, next: Version | undefined): boolean =>
  next !== undefined && next.validFrom === version.validTo && next.uid === version.uid;

function beginning(version: Version, before: Version | undefined, trail: Trail): TimelineEvent | undefined {
  const { validFrom: at, doubt } = version;
  const resource = printedVersion(version);
  const told = (what: TimelineVerb, actor = version.actor?.user): TimelineEvent => ({
    at,
    what,
    resource,
    ...(actor !== undefined && actor !== NOBODY && { actor }),
  });
  if (before === undefined || !goesOn(before, version)) {
    if (doubt !== undefined && version.uid === '') return told('in doubt', trail(version, at)?.actor?.user);
    return told(version.seenMidLife === true ? 'first seen' : 'created');
  }
  const isNew = before.resourceVersion !== version.resourceVersion;
  if (doubt !== undefined && !isNew)
    return before.doubt?.since === doubt.since && before.doubt.reason === doubt.reason
      ? undefined
      : told('in doubt', trail(version, at)?.actor?.user ?? NOBODY);
  if (!isNew) return before.doubt === undefined ? undefined : told('seen again', NOBODY);
  return told(WRITTEN[trail(version, at)?.verb ?? ''] ?? 'changed');
}

function ending(version: Version, at: Instant, trail: Trail): TimelineEvent {
  const isTold = version.endedBy === undefined || version.endedBy === 'event';
  const actor = isTold ? trail(version, at)?.actor?.user : undefined;
  return {
    at,
    what: isTold ? 'deleted' : 'ended',
    resource: printedVersion(version),
    ...(actor !== undefined && { actor }),
  };
}

/** Deletions of the endpoint after which it lived on for a while: who asked for its end is who did not end it. */
function begunDeletions(
  own: Version,
  writes: readonly PolicyEvent[],
  events: readonly TimelineEvent[],
): TimelineEvent[] {
  const resource = printedVersion(own);
  const ends = new Set(
    events.filter((event) => event.resource === resource && event.what === 'deleted').map(({ at }) => at),
  );
  return writes
    .filter(
      (write) =>
        write.verb === 'delete' && write.outcome === 'done' && isOf(write, own) && !ends.has(write.at),
    )
    .map(({ at, actor }) => ({ at, what: 'deletion begun', resource, ...(actor && { actor: actor.user }) }));
}

/** The write that made an object what it was from an instant on. */
type Trail = (object: Key, at: Instant) => PolicyEvent | undefined;

function trailOf(writes: readonly PolicyEvent[]): Trail {
  const byPlace = Map.groupBy(
    writes.filter(({ outcome }) => outcome !== 'refused'),
    ({ resource }) => resource,
  );
  return (object, at) =>
    (byPlace.get(object.resource) ?? [])
      .filter((write) => receivedAt(write) <= at && at <= write.at && isOf(write, object))
      .sort((a, b) => a.at - b.at)[0];
}

const receivedAt = ({ event, at }: PolicyEvent): Instant =>
  parseInstant(fields(event)['requestReceivedTimestamp']) ?? at;

/** Whether a write was to an object, or to all of its kind in its namespace; names may be those of Calico's storage. */
function isOf(write: Key, object: Key): boolean {
  if (write.resource !== object.resource || servedGroup(write.group) !== servedGroup(object.group))
    return false;
  if (write.name === '') return write.namespace === '' || write.namespace === object.namespace;
  const isNamed =
    write.name === object.name ||
    write.name.endsWith(`.${object.name}`) ||
    object.name.endsWith(`.${write.name}`);
  return write.namespace === object.namespace && isNamed;
}
