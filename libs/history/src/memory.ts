import type { Change } from './change.ts';
import { foldKey, type FoldOptions } from './fold.ts';
import { endsOf, inferEnds } from './infer-ends.ts';
import { compareTexts } from './order.ts';
import type { ResourceKey } from './resource.ts';
import { validAt, type Version } from './version.ts';
import type { Instant } from './time.ts';

/** One text for each key, ordered as keys are: by group, resource, namespace, name. */
export const orderText = ({ group, resource, namespace, name }: ResourceKey): string =>
  `${group}\u0000${resource}\u0000${namespace}\u0000${name}`;

/** A history in memory, for one look at one log. */
export interface MemoryHistory {
  add(changes: Iterable<Change>): void;
  /** All versions by key and time, ends by inference included. */
  versions(options?: FoldOptions): Version[];
  /** What was valid at the instant, every resourceVersion told apart, by key. */
  stateAt(instant: Instant): Version[];
}

export function memoryHistory(): MemoryHistory {
  const byKey = new Map<string, Map<string, Change>>();
  const versions = (options?: FoldOptions) => {
    const keys = [...byKey.keys()].sort(compareTexts);
    const folded = keys.flatMap((key) => foldKey([...byKey.get(key)!.values()], options));
    return inferEnds(folded, endsOf(folded));
  };
  return {
    add(changes) {
      for (const change of changes) {
        const key = orderText(change);
        const known = byKey.get(key);
        if (known) known.set(change.id, change);
        else byKey.set(key, new Map([[change.id, change]]));
      }
    },
    versions,
    stateAt: (instant) => validAt(versions({ every: 'resourceVersion' }), instant),
  };
}
