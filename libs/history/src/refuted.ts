import { sameJson } from './json.ts';
import type { DoubtSince } from './object-doubt.ts';
import type { Version } from './version.ts';

/** A doubt that later evidence refutes, unless something was missed meanwhile. */
export type RefutedDoubt = DoubtSince & { readonly refutedAt: number };

const isRefuted = (doubt: DoubtSince | undefined): doubt is RefutedDoubt => doubt?.refutedAt !== undefined;

/**
 * The versions without what later evidence refutes: that something came of a creation, where the name was free afterwards, or of a
 * deletion, where it was taken.
 *
 * @param versions those of a name one after the other. @param isBroken whether something may have been missed between the doubt and
 *   its refutation, so that it refutes nothing.
 */
export function withoutRefuted(
  versions: readonly Version[],
  isBroken: (version: Version, doubt: RefutedDoubt) => boolean = () => false,
): Version[] {
  const left: Version[] = [];
  for (const version of versions) {
    const { doubt, ...rest } = version;
    if (!isRefuted(doubt) || isBroken(version, doubt)) add(left, version);
    // A creation that came to nothing made nothing; what was not deleted is as it was.
    else if (doubt.may === 'be-gone') add(left, rest);
  }
  return left;
}

/**
 * The versions without the doubts that something settles, and without those of what nobody saw but by such doubts.
 *
 * @param versions those of a name one after the other.
 */
export function withoutDoubts(
  versions: readonly Version[],
  isSettled: (version: Version) => boolean,
): Version[] {
  const left: Version[] = [];
  for (const version of versions) {
    if (!isSettled(version)) left.push(version);
    // Who was never seen has no number of a version.
    else if (version.resourceVersion !== '') {
      const { doubt: _, ...rest } = version;
      add(left, rest);
    }
  }
  return left;
}

/** Adds a version, or what it is a piece of goes on. */
function add(left: Version[], version: Version): void {
  const last = left.at(-1);
  const goesOn =
    last !== undefined &&
    last.doubt === undefined &&
    version.doubt === undefined &&
    last.validTo === version.validFrom &&
    last.endedBy === undefined &&
    last.uid === version.uid &&
    last.resourceVersion === version.resourceVersion &&
    last.name === version.name &&
    last.resource === version.resource &&
    last.namespace === version.namespace &&
    sameJson(last.content, version.content);
  if (!goesOn) {
    left.push(version);
    return;
  }
  const { validTo: _, ...begun } = last;
  const { validTo, endedBy } = version;
  left[left.length - 1] = {
    ...begun,
    ...(validTo !== undefined && { validTo }),
    ...(endedBy !== undefined && { endedBy }),
  };
}
