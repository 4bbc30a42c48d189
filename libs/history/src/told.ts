import { type Instant, type Key, keyText } from '@margay/ground';
import type { Change } from './change.ts';

/** A name, or what names begin with, of which it is asked whether the history has anything of it. */
export interface AskedName extends Key {
  /** `name` is only how names begin. */
  readonly isBeginning?: true;
}

/** Those of the names of which something was told before an instant, in the order given. @param byKey changes by key text. */
export function toldOf(
  byKey: ReadonlyMap<string, readonly Change[]>,
  asked: readonly AskedName[],
  before: Instant,
): AskedName[] {
  const isTold = (changes: readonly Change[] | undefined): boolean =>
    changes?.some(({ at }) => at < before) === true;
  const beginnings = asked.filter(({ isBeginning }) => isBeginning);
  const begun = new Set<string>();
  if (beginnings.length > 0) {
    // Looked for by their length: of few lengths there are many.
    const lengths = [...new Set(beginnings.map((one) => keyText(one).length))];
    const wanted = new Set(beginnings.map(keyText));
    for (const [text, changes] of byKey) {
      for (const length of lengths) {
        const beginning = text.slice(0, length);
        if (wanted.has(beginning) && !begun.has(beginning) && isTold(changes)) begun.add(beginning);
      }
    }
  }
  return asked.filter((one) => {
    const text = keyText(one);
    return one.isBeginning ? begun.has(text) : isTold(byKey.get(text));
  });
}
