import {
  announcedSince,
  cameBack,
  clusterOf,
  type Entry,
  type Hash,
  isSameKey,
  type KeyChange,
  type KnownKeys,
  knownKeys,
  NoEntry,
  NoKey,
  NoteProblem,
  notShownOfAnnounced,
  type PlacedKeyChange,
  readCheckpoint,
  readEntry,
  readKeyChange,
  readNote,
  readVerifierKey,
  sameBytes,
  type SignedCheckpoint,
  signersOfHead,
  standingKeys,
  TILE_WIDTH,
  type VerifierKey,
} from '@margay/ledger';
import { formerHead } from '../ledger/key-changes.ts';
import type { Ledger, LogHead } from '../ledger/ledger.ts';
import { entriesAt } from '../ledger/read-log.ts';
import type { Told, Trusted } from './findings.ts';
import { TwoTrees } from './two-trees.ts';

/** What was found of the log. */
export interface WalkedLog {
  /** How many entries it had. */
  readonly size: number;
  /** How many of these are about reports. */
  readonly reports: number;
  /** How many reports had been archived before they were logged. */
  readonly later: number;
  /** Every entry could be read: what is not in it is in no log. */
  readonly isWhole: boolean;
  /** What its head says that was signed, by whomever; absent where it says none. */
  readonly tree?: SignedCheckpoint;
  /**
   * Of what is older than its head: the keys that were given, and those that the log tells of by these; where none was given, those that it
   * tells of by the key that stands beside its head.
   */
  readonly logKeys: readonly VerifierKey[];
  /**
   * Whether it goes on from the checkpoint that was kept, if one was, is shown or found, and who signed it; false where that cannot be known, or the
   * key came back that did.
   */
  readonly isSinceKnown: boolean;
  /** The logs whose keys, of those that were given, signed the head. */
  readonly signedBy: readonly string[];
}

/** Tells by which entries the keys that were given speak for others. */
function tellKeys({ followed, lost }: KnownKeys, { shown, notShown }: Told): void {
  for (const { before, key } of followed)
    shown(`the key ${before.name}+${before.id} announced in the log that ${key.name}+${key.id} follows it`);
  for (const { before, key } of lost)
    notShown(
      `that ${key.name}+${key.id} may sign the log: an entry says that the key ${before.name}+${before.id} was lost, and nobody with that key says so`,
    );
}

/**
 * Reads the whole log, and tells what of it is not what its head, its tiles and a checkpoint that was kept say; undefined where there is none.
 * It is read tile by tile, and nothing of an entry is kept.
 */
export async function walkLog(ledger: Ledger, trusted: Trusted, told: Told): Promise<WalkedLog | undefined> {
  const head = await ledger.head();
  if (head === undefined) {
    if (trusted.keys.length > 0 || trusted.since !== undefined)
      told.found('removed', 'There is no log of reports, and what shows of which one it must be was given.');
    else told.notShown('that no report was made anew, or removed from the end: there is no log of reports');
    return undefined;
  }
  for (const words of await ledger.differing()) told.found('changed', words);
  const tree = treeOf(head, told);
  const size = tree?.size ?? head.size;
  const keptSize = trusted.since && readCheckpoint(trusted.since, []).size;
  const read = await readEntries(ledger, size, keptSize, told);
  await tellFormer(ledger, read, told);
  const known = knownKeys(trusted.keys, read.changes);
  tellKeys(known, told);
  if (read.isToTheEnd) {
    const isAsSigned = await read.trees.tellAgainst(tree?.root);
    // Where entries are others than were signed, that is told.
    if (isAsSigned) tellElsewhere(read, told);
    if (tree !== undefined && isAsSigned && read.isWhole)
      told.shown(`the ${size} entries of the log ${tree.origin} make the root of its head`);
  }
  const heard = { given: trusted.keys, changes: read.changes, keys: known.keys };
  const isSinceKnown = tree === undefined || compareSince(tree, trusted.since, heard, read.rootAtKept, told);
  const signers = tree === undefined ? [] : signersOf(head, known, read.changes, told);
  const isVouched = tree === undefined || isVouchedFor(tree, signers, trusted, read.changes, told);
  const isReturned = tree !== undefined && isByReturned(tree, signers, trusted, read.changes, told);
  if (read.clusters.size > 0) told.shown(clustersOf(read.clusters));
  const signedBy = isVouched ? signers.map(({ name }) => name) : [];
  const { reports, later, isWhole } = read;
  const logKeys = trusted.keys.length > 0 ? known.keys : keysBeside(head, read.changes);
  return {
    size,
    ...(tree && { tree }),
    reports,
    later,
    isWhole,
    logKeys,
    signedBy,
    isSinceKnown: isSinceKnown && isVouched && !isReturned,
  };
}

/**
 * Whether each of the keys that may be the one that signs the log now signed its head, or that head as it was kept. Where several were given and
 * nothing says which follows which, any of them may be a former key.
 */
function isVouchedFor(
  { origin, size, root }: SignedCheckpoint,
  signers: readonly VerifierKey[],
  { keys, since }: Trusted,
  changes: readonly PlacedKeyChange[],
  { notShown }: Told,
): boolean {
  if (signers.length === 0) return true;
  const own = keys.filter(({ use, name }) => use === 'log' && name === origin);
  const standing = standingKeys(own, changes);
  const kept = since && readCheckpoint(since, standing);
  const isKept = kept !== undefined && kept.size === size && sameBytes(kept.root, root);
  const vouching = isKept ? [...signers, ...kept.signed.map(({ key }) => key)] : signers;
  if (standing.every((key) => vouching.some((each) => isSameKey(each, key)))) return true;
  notShown(
    `which of the keys ${standing.map(({ name, id }) => `${name}+${id}`).join(' and ')} signs the log of ${size} entries: nothing says that the one follows the other, and a key that another follows signs no more; give the newest with --key`,
  );
  return false;
}

/**
 * Tells that whoever held the key of the head when another one had followed it can have made it, where it is not the head that was kept.
 *
 * @returns whether the log says itself that another one had.
 */
function isByReturned(
  { size, root }: SignedCheckpoint,
  signers: readonly VerifierKey[],
  { keys, since }: Trusted,
  changes: readonly PlacedKeyChange[],
  { notShown }: Told,
): boolean {
  const kept = since && readCheckpoint(since, signers);
  if (kept !== undefined && kept.signed.length > 0 && kept.size === size && sameBytes(kept.root, root))
    return false;
  const taken = announcedSince(signers, keys, changes);
  if (taken.length > 0) notShown(notShownOfAnnounced(taken, size));
  return cameBack(signers, changes).length > 0;
}

/** So many clusters are named. A log is of one, unless somebody gave its key to others. */
const CLUSTERS_NAMED = 5;

/** Which clusters the entries about reports are of. */
function clustersOf(clusters: ReadonlySet<string>): string {
  const more = clusters.size - CLUSTERS_NAMED;
  const named = [...clusters].slice(0, CLUSTERS_NAMED).join(' and ');
  return `the reports that the log has are of ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Tells which of what former keys signed last was changed. */
async function tellFormer(ledger: Ledger, { changes, isWhole }: ReadEntries, { found }: Told): Promise<void> {
  if (!isWhole) return;
  for (const { number, change } of changes)
    if ((await formerHead(ledger, { number, before: change.before })).isChanged)
      found(
        'changed',
        `What ${change.before.name}+${change.before.id} signed last, which is kept beside entry ${number} of the log, was changed.`,
      );
}

/** Tells which announcements of keys were made in another log: behind other entries than this one has. */
function tellElsewhere({ elsewhere }: ReadEntries, { found }: Told): void {
  for (const { number, change } of elsewhere)
    found(
      'forked',
      `${change.before.name}+${change.before.id} announced the key ${change.key.name}+${change.key.id} behind other entries than the ${number} that stand before entry ${number} of the log: these were made anew.`,
    );
}

/** The key that is said to have signed the head, and those that the log tells of by it. It shows nothing of who that is. */
function keysBeside({ key }: LogHead, changes: readonly PlacedKeyChange[]): readonly VerifierKey[] {
  try {
    return knownKeys([readVerifierKey(key)], changes).keys;
  } catch (error) {
    // That it is none is told of the head.
    if (error instanceof NoKey) return [];
    throw error;
  }
}

/** What the head says that was signed, by whomever; undefined where it is none. */
function treeOf(head: LogHead, { found }: Told): SignedCheckpoint | undefined {
  try {
    const bytes = Buffer.from(head.checkpoint);
    const tree = readCheckpoint(bytes, []);
    if (tree.size !== head.size)
      found(
        'changed',
        `The head of the log says that it has ${head.size} entries, and its checkpoint is of ${tree.size}.`,
      );
    if (!isSignedBy(head.key, bytes))
      found(
        'changed',
        `The key that stands beside the head of the log, ${head.key}, did not sign it: evidence.zip has it in log-key.txt.`,
      );
    return tree;
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    found('changed', `The signed head of the log was changed: ${error.message}.`);
    return undefined;
  }
}

/** The keys of logs that signed the head, of those whose signature counts. */
function signersOf(
  { checkpoint }: LogHead,
  { keys, signers }: KnownKeys,
  changes: readonly PlacedKeyChange[],
  { found }: Told,
): VerifierKey[] {
  try {
    const bytes = Buffer.from(checkpoint);
    const { signed, size } = readCheckpoint(bytes, keys);
    const by = signed.map(({ key }) => key).filter(({ use }) => use === 'log');
    const counting = by.filter((key) => signers.some((each) => isSameKey(each, key)));
    if (counting.length > 0 || keys.length === 0) return counting;
    const names = readNote(bytes).signatures.map(({ name, id }) => `${name}+${id}`);
    const change = changes.findLast(({ change: { before } }) => by.some((key) => isSameKey(key, before)));
    found(
      'replaced',
      change === undefined
        ? `The log is signed by ${names.join(' and ')}, and by no key that was given: it is another log.`
        : `The log of ${size} entries is signed by ${names.join(' and ')}, and its entry ${change.number} says that ${change.change.key.name}+${change.change.key.id} signs it from then on.`,
    );
    return [];
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    found('changed', `The signed head of the log was changed: ${error.message}.`);
    return [];
  }
}

function isSignedBy(key: string, checkpoint: Uint8Array): boolean {
  try {
    return readCheckpoint(checkpoint, [readVerifierKey(key)]).signed.length > 0;
  } catch (error) {
    if (error instanceof NoKey) return false;
    throw error;
  }
}

/** What was found of a log's entries. */
interface ReadEntries {
  readonly trees: TwoTrees;
  /** The root of the entries that the checkpoint that was kept is of. */
  readonly rootAtKept: Hash | undefined;
  readonly reports: number;
  readonly later: number;
  readonly changes: readonly PlacedKeyChange[];
  /** Of the changes, those that were announced behind other entries. */
  readonly elsewhere: readonly PlacedKeyChange[];
  /** Those that entries are of, in words. */
  readonly clusters: ReadonlySet<string>;
  readonly isWhole: boolean;
  /** There is something behind each entry that is missing. */
  readonly isToTheEnd: boolean;
}

async function readEntries(
  ledger: Ledger,
  size: number,
  keptSize: number | undefined,
  told: Told,
): Promise<ReadEntries> {
  const trees = new TwoTrees(ledger, told);
  const ofKeys = new Set(await ledger.numbersOfKeys());
  const changes: PlacedKeyChange[] = [];
  const elsewhere: PlacedKeyChange[] = [];
  const clusters = new Set<string>();
  let [reports, later, missing] = [0, 0, 0];
  let rootAtKept = keptSize === 0 ? trees.root : undefined;
  for (let from = 0; from < size;) {
    const ends = [
      (Math.floor(from / TILE_WIDTH) + 1) * TILE_WIDTH,
      size,
      ...[keptSize ?? 0].filter((at) => at > from),
    ];
    const to = Math.min(...ends);
    const bytes = await entriesAt(ledger, from, to);
    missing += bytes.filter((each) => each === undefined).length;
    if (bytes.every((each) => each === undefined)) {
      told.found('truncated', `The log ends before entry ${from}, and its head says that it has ${size}.`);
      const isToTheEnd = false;
      return { trees, rootAtKept, reports, later, changes, elsewhere, clusters, isWhole: false, isToTheEnd };
    }
    const read = bytes.map((each, i) => entryOf(each, from + i, told));
    for (const { report, change, number } of read) {
      if (report !== undefined) {
        reports++;
        clusters.add(clusterOf(report));
      }
      if (report?.later === true) later++;
      if (change !== undefined) changes.push({ number, change });
    }
    await compareNumbers(ledger, read, ofKeys, told);
    const rooted = changes.filter(({ number, change }) => number >= from && change.root !== undefined);
    elsewhere.push(...(await grown(trees, from, bytes, rooted)));
    if (to === keptSize) rootAtKept = trees.root;
    told.progress('entries', to, size);
    from = to;
  }
  const isWhole = missing === 0;
  return { trees, rootAtKept, reports, later, changes, elsewhere, clusters, isWhole, isToTheEnd: true };
}

/** Grows the trees by entries. @returns of the changes of keys among these, those that were announced in a log that had other entries before. */
async function grown(
  trees: TwoTrees,
  from: number,
  bytes: readonly (Uint8Array | undefined)[],
  changes: readonly PlacedKeyChange[],
): Promise<PlacedKeyChange[]> {
  const elsewhere: PlacedKeyChange[] = [];
  let at = from;
  for (const each of changes) {
    if (each.number > at) await trees.grow(at, bytes.slice(at - from, each.number - from));
    at = each.number;
    if (trees.root !== undefined && !sameBytes(trees.root, each.change.root!)) elsewhere.push(each);
  }
  await trees.grow(at, bytes.slice(at - from));
  return elsewhere;
}

/** What an entry tells of: a report, a key, or nothing that can be read. */
interface ReadEntry {
  readonly number: number;
  readonly report?: Entry;
  readonly change?: KeyChange;
}

function entryOf(bytes: Uint8Array | undefined, number: number, { found }: Told): ReadEntry {
  if (bytes === undefined) {
    found('removed', `Entry ${number} of the log is not there.`);
    return { number };
  }
  try {
    const change = readKeyChange(bytes, number);
    return change === undefined ? { number, report: readEntry(bytes) } : { number, change };
  } catch (error) {
    if (!(error instanceof NoEntry)) throw error;
    found('changed', `Entry ${number} of the log was changed: ${error.message}.`);
    return { number };
  }
}

/** Which entry is about a run, or a key, is kept beside the entries too, and is what answers go by. */
async function compareNumbers(
  ledger: Ledger,
  entries: readonly ReadEntry[],
  ofKeys: ReadonlySet<number>,
  { found }: Told,
): Promise<void> {
  const runs = entries.flatMap(({ report }) => report?.run ?? []);
  const numbers = await ledger.numbersOf(runs);
  for (const { number, report, change } of entries) {
    const kept = report && numbers.get(report.run);
    if (report !== undefined && kept !== number)
      found(
        'changed',
        `Entry ${number} of the log is about run ${report.run}, and the store has ${kept === undefined ? 'no entry' : `entry ${kept}`} for it.`,
      );
    if (change !== undefined && !ofKeys.has(number))
      found(
        'changed',
        `Entry ${number} of the log is about the key ${change.key.name}+${change.key.id}, and the store has it as that of a run.`,
      );
  }
}

/** The keys that were given, the changes that the log tells of, and the keys that are known by both. */
interface HeardKeys {
  readonly given: readonly VerifierKey[];
  readonly changes: readonly PlacedKeyChange[];
  readonly keys: readonly VerifierKey[];
}

/**
 * Tells whether the log goes on from the checkpoint that was kept, if one was.
 *
 * @param rootAtKept absent where not all entries and tiles could be read, which was told.
 * @returns false where that cannot be known: no known key signed it, and it may be of a later key than the archive tells of.
 * @throws NoteProblem where it is none.
 */
function compareSince(
  head: SignedCheckpoint,
  since: Uint8Array | undefined,
  { given, changes, keys }: HeardKeys,
  rootAtKept: Hash | undefined,
  { found, shown, notShown }: Told,
): boolean {
  if (since === undefined) {
    notShown(
      'that the log is the one that there was before: whoever has its key can sign another. Keep a checkpoint where nobody can, and give it with --since',
    );
    return true;
  }
  const kept = readCheckpoint(since, keys);
  const by = kept.signed.map(({ key }) => key).filter(({ use }) => use === 'log');
  const counting = signersOfHead(given, changes, kept.size);
  const isKnown = keys.length === 0 || by.some((key) => counting.some((each) => isSameKey(each, key)));
  const names = readNote(since)
    .signatures.map(({ name, id }) => `${name}+${id}`)
    .join(' and ');
  if (kept.origin !== head.origin && isKnown)
    found(
      'replaced',
      `The log is ${head.origin}, and the checkpoint that was kept is of the log ${kept.origin}.`,
    );
  else if (kept.size > head.size && isKnown)
    found(
      'truncated',
      `The log has ${head.size} entries, and the checkpoint that was kept is of ${kept.size}: the last were removed.`,
    );
  else if (kept.origin === head.origin && kept.size <= head.size && rootAtKept === undefined)
    notShown('that the log goes on from the checkpoint that was kept');
  else if (kept.origin === head.origin && kept.size <= head.size && !sameBytes(rootAtKept!, kept.root))
    found(
      'forked',
      `The log does not go on from the checkpoint that was kept: of its first ${kept.size} entries some are others than there were then.`,
    );
  else if (isKnown) shown(`the log goes on from the checkpoint that was kept, of ${kept.size} entries`);
  else {
    const why =
      by.length === 0
        ? 'by no key that was given or that this archive tells of; give that key with --key, or an archive that is no older than the checkpoint'
        : 'the log says before that another key follows it, and a key that another follows signs no more';
    notShown(
      `that the log of ${head.size} entries goes with the checkpoint that was kept, of ${kept.size}: it is signed by ${names}, and ${why}`,
    );
    return false;
  }
  return true;
}
