import { formatInstant, gapsIn, type Instant, joined, keyText, kindOf, type Window } from '@margay/ground';
import { OUTCOME_UNKNOWN, type Version } from '@margay/history';
import { printedVersion } from '../printed-version.ts';
import { isValidIn } from '../replay/steps.ts';
import { homeOf } from '../scope-homes.ts';
import { beforeId } from './doubt-id.ts';
import type { KnownDoubt, PlayedVersion, UnseenSpan } from './played.ts';
import { isAbout, type WideDoubt } from './wide-doubts.ts';

/** A life that nobody saw, and the doubt about it. */
export interface LifeBefore {
  readonly version: PlayedVersion;
  readonly doubt: KnownDoubt;
}

/**
 * What objects that were first seen in mid-life may have been before, in the window: anything, unless another had their name
 * or the whole state was seen without them.
 */
export function livesBefore(
  versions: readonly Version[],
  wide: readonly WideDoubt[],
  window: Window,
): LifeBefore[] {
  const ends = new Map<string, Instant[]>();
  for (const version of versions) {
    if (version.validTo !== undefined) add(ends, keyText(version), version.validTo);
  }
  return versions.flatMap((version) => {
    const { validFrom } = version;
    if (validFrom <= window.start || !mayHaveBeenBefore(version, wide)) return [];
    const taken = (ends.get(keyText(version)) ?? []).filter((end) => end <= validFrom);
    const without = wide
      .filter(
        (one) =>
          one.unseen &&
          one.onlyTouchedIn === undefined &&
          one.settledAt <= validFrom &&
          isAbout(one, version),
      )
      .map(({ settledAt }) => settledAt);
    const from = Math.max(window.start, ...taken, ...without);
    if (from >= validFrom) return [];
    const doubt = doubtBefore(version);
    return [{ version: nobodyKnows(version, doubt.id, from, validFrom), doubt }];
  });
}

/**
 * A creation of which nobody knows whether it was done tells nothing of what was before, unless there may be something that nobody saw:
 * then that may be why it was not.
 */
function mayHaveBeenBefore(version: Version, wide: readonly WideDoubt[]): boolean {
  const { uid, validFrom, seenMidLife, doubt } = version;
  if (seenMidLife === true) return true;
  const mayHaveFailed = uid === '' && doubt?.reason === OUTCOME_UNKNOWN;
  return mayHaveFailed && wide.some((one) => one.unseen && one.since < validFrom && isAbout(one, version));
}

function doubtBefore(version: Version): KnownDoubt {
  const about = printedVersion(version);
  const seenAt = formatInstant(version.validFrom);
  const home = homeOf(version);
  return {
    id: beforeId(version),
    about,
    until: version.validFrom,
    settledBy: `its first sight, at ${seenAt}`,
    reason: 'first-seen-in-mid-life',
    message: `${about} was not seen at its creation: what it was before ${seenAt} is not known.`,
    source: '',
    ...(home !== undefined && { home }),
  };
}

/**
 * Where there may be endpoints that nobody saw, one of them may have had the name of one that is known, at times when that was
 * not there: rows are by name. Names that the API server makes up are never used again. What stood before a log began, and
 * was gone when it did, belongs to the population that is not known, and to no row.
 */
export function namesakes(
  versions: readonly PlayedVersion[],
  unseen: readonly UnseenSpan[],
  window: Window,
): PlayedVersion[] {
  const spans = endpointsBornUnseen(unseen);
  if (spans.length === 0) return [];
  const byName = new Map<string, PlayedVersion[]>();
  for (const version of versions) {
    if (kindOf(version)?.role === 'endpoint' && !isMadeUp(version)) add(byName, keyText(version), version);
  }
  return [...byName.values()].flatMap((named) => {
    const [one] = named as [PlayedVersion];
    const taken = named.map(({ validFrom, validTo = Infinity }) => ({ start: validFrom, end: validTo }));
    const free = gapsIn(window, joined(taken));
    return spans
      .filter((span) => span.resource === one.resource && (span.namespace ?? one.namespace) === one.namespace)
      .flatMap(({ id, validFrom, validTo = Infinity }, i, own) => {
        // Each instant once, though several doubts may be about it.
        const from = Math.max(validFrom, ...own.slice(0, i).map((span) => span.validTo ?? Infinity));
        return free
          .map(({ start, end }) => ({ start: Math.max(start, from), end: Math.min(end, validTo) }))
          .filter(({ start, end }) => start < end)
          .map(({ start, end }) => nobodyKnows(one, id, start, end));
      });
  });
}

/**
 * The versions, with more left open of endpoints that may be gone while there may be others that nobody saw: one of these may
 * have their name.
 */
export function withSuccessors(
  versions: readonly PlayedVersion[],
  unseen: readonly UnseenSpan[],
): readonly PlayedVersion[] {
  const spans = endpointsBornUnseen(unseen);
  if (spans.length === 0) return versions;
  return versions.map((version) => {
    if (version.doubted?.may !== 'be-gone' || isMadeUp(version)) return version;
    const { resource, namespace, validFrom: start, validTo: end = Infinity, doubted } = version;
    const mayBeSucceeded = spans.some(
      (span) =>
        span.resource === resource &&
        (span.namespace ?? namespace) === namespace &&
        isValidIn(span, { start, end }),
    );
    return mayBeSucceeded ? { ...version, doubted: { ...doubted, may: 'be-anything' } } : version;
  });
}

/**
 * Spans in which endpoints may have come or gone that nobody saw. What follows the beginning of a log is none: whoever stood
 * before has an end that the log shows, unless it is lost in another span.
 */
function endpointsBornUnseen(unseen: readonly UnseenSpan[]): readonly UnseenSpan[] {
  const spans = unseen.filter((span) => kindOf(span)?.role === 'endpoint');
  return spans.some(({ validFrom }) => validFrom > -Infinity) ? spans : [];
}

/** Five characters behind a prefix; a StatefulSet counts its pods instead. */
function isMadeUp({ content: { metadata } }: Version): boolean {
  const { name, generateName } = metadata;
  if (generateName === undefined || generateName === '' || !name.startsWith(generateName)) return false;
  const made = name.slice(generateName.length);
  return /^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(made) && !/^\d+$/.test(made);
}

/** A version of which nothing but the name is known. */
function nobodyKnows(like: Version, id: string, validFrom: Instant, validTo: Instant): PlayedVersion {
  const { group, resource, namespace, name, resourceVersion, content } = like;
  const { apiVersion, kind, metadata } = content;
  return {
    group,
    resource,
    namespace,
    name,
    uid: '',
    resourceVersion,
    validFrom,
    ...(validTo < Infinity && { validTo }),
    content: {
      apiVersion,
      kind,
      metadata: { name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) },
    },
    doubted: { id, may: 'be-anything' },
  };
}

function add<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [item]);
  else known.push(item);
}
