import type { Meeting, NumberedSight } from '@margay/history';

/** A sight and one of another object among those of its number, in the order of time: the first write, where there is one. */
export function meetingOf(sight: NumberedSight, same: readonly NumberedSight[] = []): Meeting[] {
  const others = same.filter(({ uid }) => uid !== sight.uid);
  const other = others.find(({ written }) => written) ?? others[0];
  if (other === undefined) return [];
  return [other.at <= sight.at ? [other, sight] : [sight, other]];
}
