import {
  isSameKey,
  type KeyChange,
  NoEntry,
  NoKey,
  NoteProblem,
  readCheckpoint,
  readKeyChange,
  readVerifierKey,
  rootFrom,
  sameBytes,
  type VerifierKey,
} from '@margay/ledger';
import { computed } from './from-tiles.ts';
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

/** What stands beside a change of keys. */
export interface KeptFormer {
  /** The checkpoint that the former key signed last, of all entries before; absent where none is kept that is that. */
  readonly former?: string;
  /** Something is kept, and that key did not sign it, or not as its last. */
  readonly isChanged: boolean;
}

/** What the former key signed last: it stands beside the entry that says which key follows it. */
export async function formerHead(
  ledger: Ledger,
  { number, before }: Pick<LoggedKeyChange, 'number' | 'before'>,
): Promise<KeptFormer> {
  const former = await ledger.statement(number);
  if (former === undefined) return { isChanged: false };
  try {
    const { signed, size, root } = readCheckpoint(Buffer.from(former), [before]);
    if (signed.length === 0 || size !== number) return { isChanged: true };
    // Where a tile was changed it is not this that was.
    const isOfTheLog = sameBytes(root, await computed(ledger, rootFrom(size)));
    return { ...(isOfTheLog && { former }), isChanged: false };
  } catch (error) {
    if (error instanceof NoteProblem) return { isChanged: true };
    // That a tile is not there is told where the tiles are looked at.
    if (error instanceof LogRefused) return { isChanged: false };
    throw error;
  }
}
