import {
  consistencyFrom,
  EMPTY_ROOT,
  type Entry,
  goesOnFrom,
  type Hash,
  hashAt,
  leafHash,
  NoEntry,
  NoteProblem,
  readCheckpoint,
  readReportEntry,
  sameBytes,
  TILE_WIDTH,
  type TreeHead,
} from '@margay/ledger';
import { computed } from './from-tiles.ts';
import { type Ledger, type LogHead, LogRefused } from './ledger.ts';

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
 *
 * A log only ever grows. One that is shorter than it was, or is another one at the same length, as after an older backup was put in its
 * place, is read anew, and that is said until it goes on from what it had.
 */
export function logReader(ledger: Ledger): () => Promise<LogAsRead> {
  const entries = new Map<string, LoggedEntry>();
  const wrong = new Map<number, string>();
  let next = 0;
  /** As it was read last, and as it was when it had the most entries. */
  let [read, most] = [NO_TREE, NO_TREE];
  const readOn = async (from: number, to: number) => {
    for (const { number, found } of await soundEntries(ledger, from, to)) {
      if (typeof found === 'string') wrong.set(number, found);
      else {
        wrong.delete(number);
        // Of a key that changed nothing is in the archive.
        if (found !== undefined) entries.set(found.run, found);
      }
    }
  };
  return async () => {
    const head = await ledger.head();
    const { size = 0 } = head ?? {};
    const now = treeOf(head);
    let isOfMost = true;
    if (typeof now !== 'string') {
      const isOfRead = await goesOn(ledger, read, now);
      isOfMost = most === read ? isOfRead : await goesOn(ledger, most, now);
      if (!isOfRead) {
        next = 0;
        wrong.clear();
      }
      read = now;
    }
    const again = [...wrong.keys()].filter((number) => number < size).slice(0, BATCH);
    for (const number of again) await readOn(number, number + 1);
    for (; next < size; next = Math.min(size, endOfTile(next)))
      await readOn(next, Math.min(size, endOfTile(next)));
    const problems = new Map(wrong);
    for (const number of await ledger.missing()) problems.set(number, isMissing(number));
    const told = [...problems].sort(([a], [b]) => a - b).map(([, words]) => words);
    if (typeof now === 'string') return { entries, problems: [now, ...told] };
    if (size < most.size)
      return {
        entries,
        problems: [`The log of reports had ${most.size} entries, and has ${size}.`, ...told],
      };
    if (!isOfMost) return { entries, problems: [isAnother(most), ...told] };
    most = now;
    return { entries, problems: told };
  };
}

const NO_TREE: TreeHead = { size: 0, root: EMPTY_ROOT };

const isAnother = ({ size }: TreeHead): string =>
  `The log of reports does not go on from the ${size} entries that it had: another one was put in its place.`;

/** The signed head of a log, or what is wrong with it. */
function treeOf(head: LogHead | undefined): TreeHead | string {
  if (head === undefined) return NO_TREE;
  try {
    const tree = readCheckpoint(Buffer.from(head.checkpoint), []);
    if (tree.size === head.size) return tree;
    return `The head of the log of reports says that it has ${head.size} entries, and its checkpoint is of ${tree.size}.`;
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    return `The signed head of the log of reports was changed: ${error.message}.`;
  }
}

/** Whether a log is an older one with more behind it. What its tiles lack is said of its entries. */
async function goesOn(ledger: Ledger, older: TreeHead, now: TreeHead): Promise<boolean> {
  if (older.size === 0) return true;
  if (older.size > now.size) return false;
  if (older.size === now.size) return sameBytes(older.root, now.root);
  try {
    return goesOnFrom(older, now, await computed(ledger, consistencyFrom(older.size, now.size)));
  } catch (error) {
    if (error instanceof LogRefused) return true;
    throw error;
  }
}

const endOfTile = (number: number): number => (Math.floor(number / BATCH) + 1) * BATCH;

export const isMissing = (number: number): string => `Entry ${number} of the log of reports is missing.`;

/** What was logged last, at least so many entries as are in one tile where there are so many, oldest first. What of it is not what was logged is left out. */
export async function lastLogged(ledger: Ledger): Promise<LoggedEntry[]> {
  const { size = 0 } = (await ledger.head()) ?? {};
  if (size === 0) return [];
  const last = endOfTile(size - 1) - BATCH;
  const before = last === 0 ? [] : await soundEntries(ledger, last - BATCH, last);
  const looked = [...before, ...(await soundEntries(ledger, last, size))];
  return looked.flatMap(({ found }) => (typeof found === 'object' ? [found] : []));
}

interface Looked {
  readonly number: number;
  /** The entry, or what is wrong with it; undefined of one that tells of a key. */
  readonly found: LoggedEntry | string | undefined;
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
    const entry = readReportEntry(bytes);
    return entry && { ...entry, number };
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
