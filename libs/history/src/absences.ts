import type { Change } from './change.ts';
import { foldKey } from './fold.ts';
import { type AskedList, type Beside, endByList, instantOf, notListed } from './not-listed.ts';
import { validAt } from './version.ts';

/** What a list says of the objects of one name. */
interface Judged {
  /** The ends of those that were written before it, that it does not show, and that nothing ends. */
  readonly ends: readonly Change[];
  /** Whether an object of the name is left that a later list may end. */
  readonly goesOn: boolean;
}

/**
 * Judges what is told of one name by a list of its kind: what is told after the list was taken is so judged as what was told before.
 *
 * @param changes all of the name.
 */
export function judgeByList(list: AskedList, beside: Beside, changes: readonly Change[]): Judged {
  const versions = foldKey(changes);
  const missing = notListed(list, validAt(versions, instantOf(list)));
  const endOf = endByList(list, beside);
  const gone = new Set(beside.isSure ? missing.map(({ uid }) => uid) : []);
  return {
    ends: missing.flatMap((version) => endOf(version, changes)),
    goesOn: versions.some(({ uid, validTo = Infinity }) => validTo > instantOf(list) && !gone.has(uid)),
  };
}
