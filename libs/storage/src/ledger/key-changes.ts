import {
  isSameKey,
  type KeyChange,
  NoEntry,
  NoKey,
  readKeyChange,
  readVerifierKey,
  type VerifierKey,
} from '@margay/ledger';
import { type Ledger, LogRefused } from './ledger.ts';

/** What is kept in the place of a run begins so where an entry tells of a key: no id of a run has a space. */
export const OF_KEYS = 'key ';
/** The first text behind all that begin so. */
export const BEHIND_KEYS = 'key!';

/** What the entry that tells of a key is kept as, in the place of a run. A key may follow more than once, so its number is in it. */
export const runOfKey = ({ id }: Pick<VerifierKey, 'id'>, number: number): string =>
  `${OF_KEYS}${id} ${number}`;

/** Whether that stands in the place of a run. */
export const isOfKey = (run: string): boolean => run.startsWith(OF_KEYS);

/** A change of the log's key, and its entry. */
export interface LoggedKeyChange extends KeyChange {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** The changes of the log's key, oldest first: from the key that is said to have signed it back. What is not what it should be is left out. */
export async function keyChangesOf(ledger: Ledger): Promise<LoggedKeyChange[]> {
  const numbers = await ledger.numbersOfKeys();
  const changes: LoggedKeyChange[] = [];
  let key = keyIn((await ledger.head())?.key);
  for (const number of numbers.toReversed()) {
    if (key === undefined) break;
    const change = await changeAt(ledger, number);
    if (change === undefined || !isSameKey(change.key, key)) continue;
    changes.unshift(change);
    key = change.before;
  }
  return changes;
}

function keyIn(text: string | undefined): VerifierKey | undefined {
  try {
    return text === undefined ? undefined : readVerifierKey(text);
  } catch (error) {
    if (error instanceof NoKey) return undefined;
    throw error;
  }
}

async function changeAt(ledger: Ledger, number: number): Promise<LoggedKeyChange | undefined> {
  try {
    const [bytes] = await ledger.entries(number, number + 1);
    const change = readKeyChange(bytes!, number);
    return change && { ...change, number, bytes: bytes! };
  } catch (error) {
    if (error instanceof NoEntry || error instanceof LogRefused) return undefined;
    throw error;
  }
}
