import {
  type KeyChange,
  NoEntry,
  NoKey,
  readKeyChange,
  readVerifierKey,
  type VerifierKey,
} from '@margay/ledger';
import { type Ledger, LogRefused } from './ledger.ts';

/** What the entry that tells of a key is kept as, in the place of a run: no id of a run has a space. */
export const runOfKey = ({ id }: Pick<VerifierKey, 'id'>): string => `key ${id}`;

/** Whether that stands in the place of a run. */
export const isOfKey = (run: string): boolean => run.startsWith('key ');

/** A change of the log's key, and its entry. */
export interface LoggedKeyChange extends KeyChange {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** The changes of the log's key, oldest first: from the key that is said to have signed it back. What is not what it should be ends it. */
export async function keyChangesOf(ledger: Ledger): Promise<LoggedKeyChange[]> {
  const changes: LoggedKeyChange[] = [];
  const { key, size = 0 } = (await ledger.head()) ?? {};
  let last = size;
  for (let id = key === undefined ? undefined : idOf(key); id !== undefined;) {
    const change = await changeTo(ledger, id, last);
    if (change === undefined) break;
    changes.unshift(change);
    last = change.number;
    id = change.before.id;
  }
  return changes;
}

function idOf(key: string): string | undefined {
  try {
    return readVerifierKey(key).id;
  } catch (error) {
    if (error instanceof NoKey) return undefined;
    throw error;
  }
}

async function changeTo(ledger: Ledger, id: string, before: number): Promise<LoggedKeyChange | undefined> {
  const run = runOfKey({ id });
  const number = (await ledger.numbersOf([run])).get(run);
  if (number === undefined || number >= before) return undefined;
  try {
    const [bytes] = await ledger.entries(number, number + 1);
    const change = readKeyChange(bytes!);
    return change?.key.id === id ? { ...change, number, bytes: bytes! } : undefined;
  } catch (error) {
    if (error instanceof NoEntry || error instanceof LogRefused) return undefined;
    throw error;
  }
}
