import {
  append,
  type Hash,
  hashAt,
  type KnownKeys,
  leafHash,
  NoEntry,
  NoteProblem,
  readCheckpoint,
  readNote,
  readReportEntry,
  rootFrom,
  sameBytes,
  type SignedCheckpoint,
  type Tile,
  TILE_WIDTH,
} from '@margay/ledger';
import { type Ledger, type LogHead, LogRefused } from '../ledger/ledger.ts';
import { entriesAt, type LoggedEntry } from '../ledger/read-log.ts';
import type { Told, Trusted } from './findings.ts';

/** The log as it was read. */
export interface WalkedLog {
  /** By run. */
  readonly entries: ReadonlyMap<string, LoggedEntry>;
  /** Every entry could be read: what is not in it is in no log. */
  readonly isWhole: boolean;
  /** The logs whose keys, of those that were given, signed the head. */
  readonly signedBy: readonly string[];
}

/** So many entries are read at once: what a ledger gives. */
const BATCH = TILE_WIDTH;
/** So many tiles are. */
const TILES = 64;

/** Tells by which entries the keys that were given speak for others. */
export function tellKeys({ followed, lost }: KnownKeys, { shown, notShown }: Told): void {
  for (const { before, key } of followed)
    shown(`the key ${before.name}+${before.id} announced in the log that ${key.name}+${key.id} follows it`);
  for (const { before, key } of lost)
    notShown(
      `that ${key.name}+${key.id} may sign the log: an entry says that the key ${before.name}+${before.id} was lost, and nobody with that key says so`,
    );
}

/** Reads the whole log, and tells what of it is not what its head, its tiles and a checkpoint that was kept say; undefined where there is none. */
export async function walkLog(ledger: Ledger, trusted: Trusted, told: Told): Promise<WalkedLog | undefined> {
  const head = await ledger.head();
  if (head === undefined) {
    if (trusted.keys.length > 0 || trusted.since !== undefined)
      told.found('removed', 'There is no log of reports, and what shows of which one it must be was given.');
    else told.notShown('that no report was made anew, or removed from the end: there is no log of reports');
    return undefined;
  }
  const signed = signedHead(head, trusted, told);
  const size = signed?.size ?? head.size;
  const { leaves, entries } = await readEntries(ledger, size, told);
  const isWhole = leaves.length === size;
  const tree = treeOf(isWhole ? leaves : []);
  if (isWhole) {
    const isAsSigned = signed === undefined || sameBytes(tree.rootAt(size), signed.root);
    await compareTiles(ledger, tree.tiles, isAsSigned, told);
    if (signed !== undefined && isAsSigned)
      told.shown(`the ${size} entries of the log ${signed.origin} make the root of its head`);
  }
  if (signed !== undefined) compareSince(signed, isWhole ? tree.rootAt : undefined, trusted, told);
  const by = signed?.signed.filter(({ key }) => key.use === 'log').map(({ key }) => key.name) ?? [];
  return { entries, isWhole, signedBy: by };
}

/** The head, whoever signed it; undefined where it is none. */
function signedHead(head: LogHead, { keys }: Trusted, { found }: Told): SignedCheckpoint | undefined {
  try {
    const bytes = Buffer.from(head.checkpoint);
    const signed = readCheckpoint(bytes, keys);
    if (keys.length > 0 && !signed.signed.some(({ key }) => key.use === 'log')) {
      const signers = readNote(bytes).signatures.map(({ name, id }) => `${name}+${id}`);
      found(
        'replaced',
        `The log is signed by ${signers.join(' and ')}, and by no key that was given: it is another log.`,
      );
    }
    if (signed.size !== head.size)
      found(
        'changed',
        `The head of the log says that it has ${head.size} entries, and its checkpoint is of ${signed.size}.`,
      );
    return signed;
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    found('changed', `The signed head of the log was changed: ${error.message}.`);
    return undefined;
  }
}

/** All entries that there are; fewer leaves than entries were asked for where one is missing. */
async function readEntries(ledger: Ledger, size: number, told: Told) {
  const leaves: Hash[] = [];
  const entries = new Map<string, LoggedEntry>();
  for (let from = 0; from < size; from += BATCH) {
    const bytes = await entriesAt(ledger, from, Math.min(size, from + BATCH));
    if (bytes.every((each) => each === undefined)) {
      told.found('truncated', `The log ends before entry ${from}, and its head says that it has ${size}.`);
      break;
    }
    const read: LoggedEntry[] = [];
    for (const [i, each] of bytes.entries()) {
      const entry = entryOf(each, from + i, told);
      if (each !== undefined) leaves.push(leafHash(each));
      if (entry === undefined) continue;
      read.push(entry);
      entries.set(entry.run, entry);
    }
    await compareNumbers(ledger, read, told);
    told.progress('entries', Math.min(size, from + BATCH), size);
  }
  return { leaves, entries };
}

function entryOf(bytes: Uint8Array | undefined, number: number, { found }: Told): LoggedEntry | undefined {
  if (bytes === undefined) {
    found('removed', `Entry ${number} of the log is not there.`);
    return undefined;
  }
  try {
    const entry = readReportEntry(bytes);
    return entry && { ...entry, number };
  } catch (error) {
    if (!(error instanceof NoEntry)) throw error;
    found('changed', `Entry ${number} of the log was changed: ${error.message}.`);
    return undefined;
  }
}

/** Which entry is about a run is kept beside the entries too, and is what answers go by. */
async function compareNumbers(ledger: Ledger, entries: readonly LoggedEntry[], { found }: Told) {
  const numbers = await ledger.numbersOf(entries.map(({ run }) => run));
  for (const { run, number } of entries) {
    const kept = numbers.get(run);
    if (kept !== number)
      found(
        'changed',
        `Entry ${number} of the log is about run ${run}, and the store has ${kept === undefined ? 'no entry' : `entry ${kept}`} for it.`,
      );
  }
}

/** The tree over the leaves, with all its tiles. */
function treeOf(leaves: readonly Hash[]) {
  const { tiles } = append(0, leaves, () => {
    throw new Error('A log without entries has no tiles.');
  });
  const byName = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile.bytes]));
  const rootAt = (size: number): Hash =>
    rootFrom(size).compute(({ level, index }) => byName.get(`${level}/${index}`)!);
  return { tiles, rootAt };
}

/** An entry whose hash the tiles do not have. */
interface Differing {
  readonly number: number;
  readonly is: string;
  readonly inTile: string;
}

/** Compares the tiles in the store with those of the entries that are there. */
async function compareTiles(ledger: Ledger, tiles: readonly Tile[], isAsSigned: boolean, { found }: Told) {
  const differing: Differing[] = [];
  let others = 0;
  for (let at = 0; at < tiles.length; at += TILES) {
    const wanted = tiles.slice(at, at + TILES);
    let stored: readonly Uint8Array[];
    try {
      stored = await ledger.tiles(wanted);
    } catch (error) {
      if (!(error instanceof LogRefused)) throw error;
      found('removed', error.message);
      continue;
    }
    for (const [i, tile] of wanted.entries()) {
      // It may have grown meanwhile.
      const kept = stored[i]!.subarray(0, tile.bytes.length);
      if (sameBytes(kept, tile.bytes)) continue;
      if (tile.level === 0) differing.push(...differingIn(tile, kept));
      else others++;
    }
  }
  if (isAsSigned) {
    if (differing.length + others > 0)
      found(
        'changed',
        'Tiles of the log were changed: they do not have the hashes of its entries, so proofs from them are wrong.',
      );
    return;
  }
  if (differing.length === 0)
    found(
      'changed',
      'The log was changed: its entries and tiles fit one another, and do not make the root that was signed.',
    );
  else tellDiffering(differing, found);
}

function differingIn({ index, width, bytes }: Tile, kept: Uint8Array): Differing[] {
  const hash = (of: Uint8Array, i: number) => Buffer.from(hashAt(of, i)).toString('hex');
  return Array.from({ length: width }, (_, i) => ({
    number: index * TILE_WIDTH + i,
    is: hash(bytes, i),
    inTile: hash(kept, i),
  })).filter(({ is, inTile }) => is !== inTile);
}

function tellDiffering(differing: readonly Differing[], found: Told['found']) {
  const sorted = (hashes: readonly string[]) => hashes.toSorted().join();
  const isReordered = sorted(differing.map(({ is }) => is)) === sorted(differing.map(({ inTile }) => inTile));
  if (isReordered)
    found(
      'reordered',
      `Entries of the log stand in another order: ${differing.map(({ number }) => number).join(', ')}.`,
    );
  else
    for (const { number } of differing)
      found('changed', `Entry ${number} of the log is not the one that was signed.`);
}

/** Whether the log goes on from the checkpoint that was kept. @param rootAt absent where not all entries could be read. */
function compareSince(
  head: SignedCheckpoint,
  rootAt: ((size: number) => Hash) | undefined,
  { keys, since }: Trusted,
  { found, shown, notShown }: Told,
) {
  if (since === undefined) {
    notShown(
      'that the log is the one that there was before: whoever has its key can sign another. Keep a checkpoint where nobody can, and give it with --since',
    );
    return;
  }
  const kept = readCheckpoint(since, keys);
  if (keys.length > 0 && kept.signed.length === 0)
    throw new NoteProblem(
      `the checkpoint that was kept is of the log ${kept.origin}, and no key that was given signed it`,
    );
  if (kept.origin !== head.origin)
    found(
      'replaced',
      `The log is ${head.origin}, and the checkpoint that was kept is of the log ${kept.origin}.`,
    );
  else if (kept.size > head.size)
    found(
      'truncated',
      `The log has ${head.size} entries, and the checkpoint that was kept is of ${kept.size}: the last were removed.`,
    );
  else if (rootAt === undefined) notShown('that the log goes on from the checkpoint that was kept');
  else if (!sameBytes(rootAt(kept.size), kept.root))
    found(
      'forked',
      `The log does not go on from the checkpoint that was kept: of its first ${kept.size} entries some are others than there were then.`,
    );
  else shown(`the log goes on from the checkpoint that was kept, of ${kept.size} entries`);
}
