import { gapsIn, type Interval, joined } from '@margay/ground';
import { endsOf } from './infer-ends.ts';
import type { Version } from './version.ts';

/**
 * The times in which versions of a name say something else than others of it, in time order. A report is concerned whose window begins
 * before the end of one and ends after its start: how something ended that ended at the same instant is an empty one, at that instant.
 */
export function otherwise(before: readonly Version[], after: readonly Version[]): Interval[] {
  const [was, is] = [statesOf(before), statesOf(after)];
  const states = [...new Set([...was.keys(), ...is.keys()])].flatMap((state) => {
    const [then, now] = [joined(was.get(state) ?? []), joined(is.get(state) ?? [])];
    return [...then.flatMap((one) => gapsIn(one, now)), ...now.flatMap((one) => gapsIn(one, then))];
  });
  // What ends others, and what says that the cluster's counter went back, concerns all that comes then.
  const onwards = [
    ...notInBoth(endsOf(before), endsOf(after)).map(({ at }) => at),
    ...notInBoth(restoresOf(before), restoresOf(after)).map(({ start }) => start),
  ].map((start) => ({ start, end: Infinity }));
  const times = joined([...states, ...onwards]);
  const ends = notInBoth(endingsOf(before), endingsOf(after))
    .map(({ at }) => ({ start: at, end: at }))
    .filter(({ start: at }) => !times.some(({ start, end }) => start <= at && at <= end));
  const byStart = new Map([...ends, ...times].map((one) => [one.start, one]));
  return [...byStart.values()].toSorted((a, b) => a.start - b.start);
}

/** All that versions say, but until when and how they end, and when each says it. */
function statesOf(versions: readonly Version[]): Map<string, Interval[]> {
  const states = new Map<string, Interval[]>();
  for (const version of versions) {
    const { uid, resourceVersion, validFrom, validTo, seenMidLife, doubt, restored, actor, content } =
      version;
    const { user, impersonated } = actor ?? {};
    const said = [uid, resourceVersion, validFrom, seenMidLife === true, doubt, restored, user, impersonated];
    const state = JSON.stringify([...said, content]);
    const known = states.get(state) ?? [];
    states.set(state, known);
    known.push({ start: validFrom, end: validTo ?? Infinity });
  }
  return states;
}

const endingsOf = (versions: readonly Version[]) =>
  versions.flatMap(({ uid, validTo: at, endedBy }) =>
    at === undefined || endedBy === undefined ? [] : [{ at, uid, endedBy }],
  );

const restoresOf = (versions: readonly Version[]) => versions.flatMap(({ restored }) => restored ?? []);

function notInBoth<T>(some: readonly T[], others: readonly T[]): T[] {
  const missingIn = (all: readonly T[]) => {
    const texts = new Set(all.map((one) => JSON.stringify(one)));
    return (one: T) => !texts.has(JSON.stringify(one));
  };
  return [...some.filter(missingIn(others)), ...others.filter(missingIn(some))];
}
