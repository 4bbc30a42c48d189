import type { Doubt } from '@margay/coverage';
import type { Window } from '@margay/ground';
import { type Version, withoutRefuted } from '@margay/history';
import { allWideDoubts, isAbout } from './wide-doubts.ts';

/**
 * The versions with the doubts that stand. One that later evidence refutes is none, if nothing was missed between; what was after the
 * window is not looked at.
 */
export function standingVersions(
  versions: readonly Version[],
  given: readonly Doubt[],
  window: Window,
): readonly Version[] {
  if (!versions.some(({ doubt }) => doubt?.refutedAt !== undefined)) return versions;
  const wide = allWideDoubts(versions, given);
  return withoutRefuted(
    versions,
    (version, { since, refutedAt }) =>
      refutedAt >= window.end ||
      wide.some((one) => one.since < refutedAt && since < one.until && isAbout(one, version)),
  );
}
