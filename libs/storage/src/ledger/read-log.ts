import {
  type Entry,
  type Hash,
  hashAt,
  leafHash,
  NoEntry,
  readEntry,
  sameBytes,
  TILE_WIDTH,
} from '@margay/ledger';
import { type Ledger, LogRefused } from './ledger.ts';

/** What the log says of a report. */
export interface LoggedEntry extends Entry {
  /** From 0 on. */
  readonly number: number;
}

/** The log as it was read. */
export interface LogAsRead {
  /** By run; of entries that are what was logged. */
  readonly entries: ReadonlyMap<string, LoggedEntry>;
  /** What of it is missing or was changed, in sentences; empty where nothing is. */
  readonly problems: readonly string[];
}

/** The entries of one tile, and what a ledger gives at once. */
const BATCH = TILE_WIDTH;

/**
 * Reads the log, and what was appended since when it is called again: an entry that is what its tile says never changes. An entry that is
 * not there, or is not what its tile says, is looked at again each time, and those behind it are read all the same.
 */
export function logReader(ledger: Ledger): () => Promise<LogAsRead> {
  const entries = new Map<string, LoggedEntry>();
  const wrong = new Map<number, string>();
  let next = 0;
  const readOn = async (from: number, to: number) => {
    for (const { number, found } of await soundEntries(ledger, from, to)) {
      if (typeof found === 'string') wrong.set(number, found);
      else {
        wrong.delete(number);
        entries.set(found.run, found);
      }
    }
  };
  return async () => {
    const { size = 0 } = (await ledger.head()) ?? {};
    const again = [...wrong.keys()].filter((number) => number < size).slice(0, BATCH);
    for (const number of again) await readOn(number, number + 1);
    for (; next < size; next = Math.min(size, endOfTile(next)))
      await readOn(next, Math.min(size, endOfTile(next)));
    const problems = new Map(wrong);
    for (const number of await ledger.missing()) problems.set(number, isMissing(number));
    const told = [...problems].sort(([a], [b]) => a - b).map(([, words]) => words);
    const cut = size < next ? [`The log of reports had ${next} entries, and has ${size}.`] : [];
    return { entries, problems: [...cut, ...told] };
  };
}

const endOfTile = (number: number): number => (Math.floor(number / BATCH) + 1) * BATCH;

export const isMissing = (number: number): string => `Entry ${number} of the log of reports is missing.`;

interface Looked {
  readonly number: number;
  /** The entry, or what is wrong with it. */
  readonly found: LoggedEntry | string;
}

/** The entries `[from, to)` of one tile. */
async function soundEntries(ledger: Ledger, from: number, to: number): Promise<Looked[]> {
  const index = Math.floor(from / BATCH);
  const [bytes, hashes] = await Promise.all([
    entriesAt(ledger, from, to),
    ledger.tiles([{ level: 0, index, width: to - index * BATCH }]).catch(refusedOf),
  ]);
  return bytes.map((each, i) => {
    const number = from + i;
    const hash = hashes && hashAt(hashes[0]!, number - index * BATCH);
    return { number, found: entryAt(number, each, hash) };
  });
}

function refusedOf(error: unknown): undefined {
  if (error instanceof LogRefused) return undefined;
  throw error;
}

function entryAt(number: number, bytes: Uint8Array | undefined, hash: Hash | undefined): Looked['found'] {
  if (bytes === undefined) return isMissing(number);
  if (hash === undefined)
    return `The tile with the hash of entry ${number} of the log of reports is missing.`;
  if (!sameBytes(leafHash(bytes), hash))
    return `Entry ${number} of the log of reports was changed: it is not the one that was signed.`;
  try {
    return { ...readEntry(bytes), number };
  } catch (error) {
    if (!(error instanceof NoEntry)) throw error;
    return `Entry ${number} of the log of reports was changed: ${error.message}.`;
  }
}

/** The bytes of the entries `[from, to)`: undefined in the place of one that is not there. */
export async function entriesAt(
  ledger: Ledger,
  from: number,
  to: number,
): Promise<readonly (Uint8Array | undefined)[]> {
  try {
    return await ledger.entries(from, to);
  } catch (error) {
    if (!(error instanceof LogRefused)) throw error;
    if (to - from === 1) return [undefined];
    const middle = Math.floor((from + to) / 2);
    return [...(await entriesAt(ledger, from, middle)), ...(await entriesAt(ledger, middle, to))];
  }
}
