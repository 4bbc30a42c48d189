import { compareKeys, type Instant, type Key, keyText } from '@margay/ground';
import type { Change } from './change.ts';
import { sameJson } from './json.ts';
import { foldKey, type FoldOptions } from './fold.ts';
import { endsOf, inferEnds } from './infer-ends.ts';
import { firstSights, type Sight, type SightWindow } from './sight.ts';
import { withoutRefuted } from './refuted.ts';
import { restoreDoubts } from './restores.ts';
import { type AskedName, toldOf } from './told.ts';
import { copiesIn } from './two-clusters.ts';
import { validAt, type Version } from './version.ts';

/** A history in memory, for one look at one log. */
export interface MemoryHistory {
  add(changes: Iterable<Change>): void;
  /** All versions by key and time, ends by inference included. */
  versions(options?: FoldOptions): Version[];
  /** The first whole sight of each name. */
  firstSights(window: SightWindow): Sight[];
  /** Those of the names of which anything was told before an instant. */
  told(asked: readonly AskedName[], before: Instant): AskedName[];
  /** What was valid at the instant, every resourceVersion told apart, by key. */
  stateAt(instant: Instant): Version[];
}

export function memoryHistory(): MemoryHistory {
  const byKey = new Map<string, Change[]>();
  const versions = (options?: FoldOptions) => {
    // Folded in the order in which the names came, in which their changes lie in memory; sorted afterwards.
    const keys: [key: Key, versions: Version[]][] = [];
    for (const changes of withTwoClusters(byKey)) keys.push([changes[0]!, foldKey(changes, options)]);
    keys.sort(([a], [b]) => compareKeys(a, b));
    const folded: Version[] = [];
    for (const [, some] of keys) for (const version of some) folded.push(version);
    return [...restoreDoubts(folded), ...inferEnds(folded, endsOf(folded))];
  };
  return {
    add(changes) {
      for (const change of changes) {
        const key = keyText(change);
        const known = byKey.get(key);
        // Repeats are held as they come: they change nothing.
        if (known) known.push(sharing(change, known.at(-1)));
        else byKey.set(key, [change]);
      }
    },
    versions,
    firstSights: (window) => [...byKey.values()].flatMap((changes) => firstSights(changes, window)),
    told: (asked, before) => toldOf(byKey, asked, before),
    stateAt: (instant) => validAt(withoutRefuted(versions({ every: 'resourceVersion' })), instant),
  };
}

function* eachOf<T>(all: readonly (readonly T[])[]): Generator<T> {
  for (const some of all) yield* some;
}

/** The changes of each key; where two clusters tell them, with the doubts that this leaves. */
function withTwoClusters(byKey: ReadonlyMap<string, readonly Change[]>): Iterable<readonly Change[]> {
  const all = [...byKey.values()];
  const doubts = copiesIn({ [Symbol.iterator]: () => eachOf(all) });
  const [first] = doubts;
  if (first === undefined) return all;
  const place = keyText(first);
  return new Map([...byKey, [place, [...(byKey.get(place) ?? []), ...doubts]]]).values();
}

/** The change, with the content of the one before where both are the same: most writes change nothing that is read. */
function sharing(change: Change, before: Change | undefined): Change {
  const { content } = change;
  if (content === undefined || before?.content === undefined || !sameJson(content, before.content))
    return change;
  return { ...change, content: before.content };
}
