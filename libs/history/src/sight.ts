import { type Instant, type Key, keyText } from '@margay/ground';
import type { Change } from './change.ts';
import { isPartial } from './lives.ts';

/** That an object was seen whole. */
export interface Sight extends Key {
  readonly uid: string;
  /** When the request that showed it was answered. */
  readonly at: Instant;
}

/** Which sights: of requests that came in at `from` or later and were answered before `before`. */
export interface SightWindow {
  readonly from: Instant;
  readonly before: Instant;
}

/** The first whole sight of each name in the window, in no particular order. */
export function firstSights(changes: Iterable<Change>, { from, before }: SightWindow): Sight[] {
  const first = new Map<string, Sight>();
  for (const change of changes) {
    const { what, uid, at, receivedAt, group, resource, namespace, name } = change;
    if (what !== 'present' || uid === undefined || receivedAt < from || at >= before || isPartial(change))
      continue;
    const text = keyText(change);
    const known = first.get(text);
    if (known === undefined || at < known.at || (at === known.at && uid < known.uid))
      first.set(text, { group, resource, namespace, name, uid, at });
  }
  return [...first.values()];
}
