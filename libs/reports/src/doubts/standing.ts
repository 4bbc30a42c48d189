import { type Doubt, type WatchedKind } from '@margay/coverage';
import { resourceName, type Window } from '@margay/ground';
import { isNotShown, type Version, withoutDoubts, withoutRefuted } from '@margay/history';
import { allWideDoubts, isAbout } from './wide-doubts.ts';

/**
 * The versions with the doubts that stand. One that later evidence refutes is none, if nothing was missed between; what was after the
 * window is not looked at. And one is none that an audit event leaves open by what it does not show, as those of a cloud that logs no
 * bodies, where a watch of the kind missed nothing since: what came of the request stands in what that told.
 */
export function standingVersions(
  versions: readonly Version[],
  given: readonly Doubt[],
  window: Window,
  watched: readonly WatchedKind[] = [],
): readonly Version[] {
  if (!versions.some(({ doubt }) => doubt !== undefined)) return versions;
  const blind = new Map(watched.map((kind) => [resourceName(kind), kind.blind]));
  const isShown = (version: Version): boolean => {
    const { doubt, validTo = Infinity } = version;
    if (doubt === undefined || !isNotShown(doubt)) return false;
    const to = Math.min(validTo, window.end);
    return (
      blind.get(resourceName(version))?.some(({ start, end }) => start < to && doubt.since < end) === false
    );
  };
  const standing = withoutDoubts(versions, isShown);
  if (!standing.some(({ doubt }) => doubt?.refutedAt !== undefined)) return standing;
  const wide = allWideDoubts(standing, given);
  return withoutRefuted(
    standing,
    (version, { since, refutedAt }) =>
      refutedAt >= window.end ||
      wide.some((one) => one.since < refutedAt && since < one.until && isAbout(one, version)),
  );
}
