import { COPY_ENDED, TWO_CLUSTERS, type DoubtSince, type Meeting, type NumberedSight } from '@margay/history';
import type { Copies } from './history.ts';

/** What doubts about everything say of a copy, in the order in which they begin. */
export function copiesOf(
  doubts: readonly { readonly doubt: DoubtSince; readonly isOpen: boolean }[],
): Copies {
  const ended = doubts.filter(({ doubt }) => doubt.reason === COPY_ENDED).map(({ doubt }) => doubt.since);
  return {
    doubt: doubts.find(({ doubt, isOpen }) => isOpen && doubt.reason === TWO_CLUSTERS)?.doubt,
    endedAt: Math.max(-Infinity, ...ended),
  };
}

/** A sight and one of another object among those of its number, in the order of time: the first write, where there is one. */
export function meetingOf(sight: NumberedSight, same: readonly NumberedSight[] = []): Meeting[] {
  const others = same.filter(({ uid }) => uid !== sight.uid);
  const other = others.find(({ written }) => written) ?? others[0];
  if (other === undefined) return [];
  return [other.at <= sight.at ? [other, sight] : [sight, other]];
}
