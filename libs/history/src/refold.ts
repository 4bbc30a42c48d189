import type { Interval } from '@margay/ground';
import type { Change } from './change.ts';
import { FOLD, foldWhole, type KeyFold } from './key-fold.ts';
import { hindsight, type Hindsight } from './opened.ts';
import { otherwise } from './otherwise.ts';
import type { Version } from './version.ts';

/** What stands of a name before all of its changes are folded. */
interface Standing {
  /** Its versions, by all changes but those that were added. */
  readonly versions: readonly Version[];
  /** By which folding (`FOLD`) they were made. */
  readonly fold: number;
}

/** The versions of a name, what was added shows of the time before it, and when this folding says something else than another one did. */
interface Refolded extends KeyFold, Hindsight {
  readonly derivedAnew: readonly Interval[];
}

/**
 * Folds all changes of a name.
 *
 * @param added those of them that are new.
 */
export function refold(
  changes: readonly Change[],
  added: readonly Change[],
  { versions, fold }: Standing,
): Refolded {
  const whole = foldWhole(changes);
  if (fold === FOLD) return { ...whole, ...hindsight(added, versions, whole.versions), derivedAnew: [] };
  // What another folding says is one thing, and what is new another.
  const isNew = new Set(added.map(({ id }) => id));
  const before = foldWhole(changes.filter(({ id }) => !isNew.has(id))).versions;
  return { ...whole, ...hindsight(added, before, whole.versions), derivedAnew: otherwise(versions, before) };
}
