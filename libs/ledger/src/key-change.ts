import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64, utf8 } from '@scure/base';
import { canonicalBytes, type Entry, NoEntry, readEntry } from './entry.ts';
import {
  canSign,
  isSameKey,
  type LogKey,
  NoKey,
  readVerifierKey,
  type VerifierKey,
  verifierKeyText,
} from './notes/keys.ts';
import { NoteProblem, noteToSign, readNote, signaturesBy } from './notes/note.ts';
import { allSigned } from './notes/to-sign.ts';
import { type Hash, readHash } from './tree/hashes.ts';
import type { TreeHead } from './tree/proofs.ts';

/** That a log goes on with another key: an entry among those of reports. */
export interface KeyChange {
  /** The key that signed the log until then. */
  readonly before: VerifierKey;
  /** The key that signs it from then on. Both have the name of the log. */
  readonly key: VerifierKey;
  /** The key until then says so itself. Where it does not it was lost, and whoever has the log's key now says that. */
  readonly isAnnounced: boolean;
  /** It says which entry it is, so that nobody can put it into the log once more. Entries of before that was said have only their place. */
  readonly isPlaced: boolean;
  /**
   * The root of the log before that entry, as the key until then signed it: what the key announced it announced in that log, and in none that somebody
   * made anew. Absent where it does not say so itself, and in entries of before that was said.
   */
  readonly root?: Hash;
}

/**
 * The first line of what the old key signs: with the number of the entry and the root of the log before it, with the number alone, and with neither. No
 * checkpoint begins so, as no origin of ours has a second line like it.
 */
const FIRST_LINE = {
  rooted: 'margay.io/key-change@v3',
  placed: 'margay.io/key-change@v2',
  anywhere: 'margay.io/key-change@v1',
} as const;

/** What an entry about keys says, as text; of entries of before that was said without their number, or without the root, base64. */
interface ChangeTexts {
  readonly before: string;
  readonly key: string;
  readonly number?: number;
  readonly root?: string;
}

/**
 * The bytes of the entry that says that a log goes on with another key. It says which entry of which log it is: whoever has the announcement, and the
 * next key, cannot use it at another place, or behind other entries than the old key signed.
 *
 * @param before the key until then: one that signs announces the other, and one that only checks was lost.
 * @param log as it is before the entry.
 * @throws NoKey where the two have not the same name, or are the same; NotSigned where whoever has the old key does not announce the other.
 */
export async function keyChangeBytes(
  before: LogKey | VerifierKey,
  key: VerifierKey,
  log: TreeHead,
): Promise<Uint8Array> {
  if (before.name !== key.name)
    throw new NoKey(`it has the name ${key.name}, and the log is ${before.name}: a log keeps its name`);
  if (before.id === key.id) throw new NoKey('it is the key that the log has already');
  const said = { before: verifierKeyText(before), key: verifierKeyText(key), number: log.size };
  if (!canSign(before)) return canonicalBytes({ keyChange: said });
  const texts = { ...said, root: base64.encode(log.root) };
  const [announcement] = await allSigned([noteToSign(announced(texts), before)], before);
  return canonicalBytes({ keyChange: { ...texts, announcement } });
}

function announced({ before, key, number, root }: ChangeTexts): string {
  if (number === undefined) return `${FIRST_LINE.anywhere}\n${before}\n${key}\n`;
  if (root === undefined) return `${FIRST_LINE.placed}\n${before}\n${key}\n${number}\n`;
  return `${FIRST_LINE.rooted}\n${before}\n${key}\n${number}\n${root}\n`;
}

/**
 * The change of keys that an entry tells of; undefined where it tells of none.
 *
 * @param number of the entry in its log.
 * @throws NoEntry where it is one that nobody may trust.
 */
export function readKeyChange(bytes: Uint8Array, number: number): KeyChange | undefined {
  const change = changeIn(bytes);
  if (change === undefined) return undefined;
  const said = change['number'];
  if (said !== undefined && said !== number)
    throw new NoEntry(
      `it tells of another key as entry ${JSON.stringify(said)} of its log, and is entry ${number}`,
    );
  return changeOf(change, bytes);
}

/** @throws NoEntry */
function changeOf(change: Readonly<Record<string, unknown>>, bytes: Uint8Array): KeyChange {
  const { before, key, announcement, number, root } = change;
  if (typeof before !== 'string' || typeof key !== 'string')
    throw new NoEntry('it tells of another key, and not of which');
  if (number !== undefined && typeof number !== 'number')
    throw new NoEntry('it tells of another key, and not as which entry');
  const isAnnounced = announcement !== undefined;
  const isRooted = root !== undefined;
  if (isRooted && (typeof root !== 'string' || number === undefined || !isAnnounced))
    throw new NoEntry('it tells of another key, and not after which entries');
  if (isAnnounced && typeof announcement !== 'string')
    throw new NoEntry('it tells of another key, and nothing that was signed says so');
  try {
    const keys = { before: readVerifierKey(before), key: readVerifierKey(key) };
    const texts: ChangeTexts = {
      before,
      key,
      ...(number !== undefined && { number }),
      ...(isRooted && { root }),
    };
    const canonical = canonicalBytes({ keyChange: { ...texts, ...(isAnnounced && { announcement }) } });
    if (utf8.encode(canonical) !== utf8.encode(bytes))
      throw new NoEntry('it is not written as canonical JSON');
    if (keys.before.name !== keys.key.name || keys.before.id === keys.key.id)
      throw new NoEntry('it tells of another key, which is none for this log');
    if (isAnnounced) checkAnnouncement(announcement, texts, keys.before);
    return {
      ...keys,
      isAnnounced,
      isPlaced: number !== undefined,
      ...(isRooted && { root: rootIn(root) }),
    };
  } catch (error) {
    if (error instanceof NoKey || error instanceof NoteProblem)
      throw new NoEntry(`it tells of another key: ${error.message}`);
    throw error;
  }
}

/** @throws NoEntry */
function rootIn(text: string): Hash {
  const root = readHash(text);
  if (root === undefined) throw new NoEntry('it tells of another key, and not after which entries');
  return root;
}

/**
 * What an entry says of a report; undefined where it tells of a key.
 *
 * @throws NoEntry where it is neither.
 */
export const readReportEntry = (bytes: Uint8Array): Entry | undefined =>
  isAboutKey(bytes) ? undefined : readEntry(bytes);

function isAboutKey(bytes: Uint8Array): boolean {
  const change = changeIn(bytes);
  if (change === undefined) return false;
  changeOf(change, bytes);
  return true;
}

/** @throws NoteProblem, NoEntry */
function checkAnnouncement(text: string, texts: ChangeTexts, by: VerifierKey): void {
  const note = readNote(utf8ToBytes(text));
  if (note.text !== announced(texts) || signaturesBy(note, [by]).length === 0)
    throw new NoEntry(`it tells of another key, and ${by.name}+${by.id} did not sign that`);
}

function changeIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(utf8.encode(bytes));
  } catch {
    return undefined;
  }
  const change = (value as { readonly keyChange?: unknown } | null)?.keyChange;
  return typeof change === 'object' && change !== null
    ? (change as Readonly<Record<string, unknown>>)
    : undefined;
}

/** What follows from the keys that somebody was given, by the changes of keys that a log tells of. */
export interface KnownKeys {
  /** Those that were given, those that follow from them, and those before them: for what is older than the head that tells of these changes. */
  readonly keys: readonly VerifierKey[];
  /**
   * Of these, those whose signature a head counts by that tells of these changes: what was given and what that announced, one from the other.
   * A key that another one follows signs no more, and one that is said to have been there before signs no head: anybody can announce the key of
   * a log as his own next one.
   */
  readonly signers: readonly VerifierKey[];
  /** The changes by which a key that is known announced the next one. */
  readonly followed: readonly KeyChange[];
  /** The changes from a known key that was lost: nobody known says which key is the next one. */
  readonly lost: readonly KeyChange[];
}

/**
 * The keys that are known of a log: a known key speaks for the one that it announced, and for the one before it, which its log names.
 *
 * @param changes of one log, which its tree has.
 */
export function knownKeys(given: readonly VerifierKey[], changes: readonly PlacedKeyChange[]): KnownKeys {
  const keys = new Map(given.map((key) => [verifierKeyText(key), key]));
  const has = (key: VerifierKey) => keys.has(verifierKeyText(key));
  const add = (key: VerifierKey) => has(key) || keys.set(verifierKeyText(key), key);
  const followed: KeyChange[] = [];
  const lost: KeyChange[] = [];
  for (const { number, change } of once(changes)) {
    if (!has(change.before) || has(change.key)) continue;
    if (!change.isAnnounced) lost.push(change);
    // What a key announces when another has followed it counts for nothing.
    else if (signersAt(given, changes, number).some((key) => isSameKey(key, change.before))) {
      followed.push(change);
      add(change.key);
    }
  }
  const signers = signersAt(given, changes, Infinity).map((key) => keys.get(verifierKeyText(key))!);
  for (const { change } of changes.toReversed()) if (has(change.key)) add(change.before);
  return { keys: [...keys.values()], signers, followed, lost };
}

/** Changes in the order of their places. An announcement that does not say its place counts at its first one: anybody can copy it to another. */
function once(changes: readonly PlacedKeyChange[]): PlacedKeyChange[] {
  const copied = new Set<string>();
  return changes
    .toSorted((a, b) => a.number - b.number)
    .filter(({ change: { before, key, isAnnounced, isPlaced } }) => {
      if (!isAnnounced || isPlaced) return true;
      const words = announced({ before: verifierKeyText(before), key: verifierKeyText(key) });
      return !copied.has(words) && copied.add(words);
    });
}

/** A change of a log's key, and where it stands. */
export interface PlacedKeyChange {
  /** Of its entry, from 0 on. */
  readonly number: number;
  readonly change: KeyChange;
}

/**
 * The keys whose signature counts on a head of a log of so many entries: those that were given and what these announced, as long as no other
 * followed them. What a key says of the next one when another has followed it, nobody need believe: whoever stole it may say so.
 *
 * @param changes of one log, in any order, as far as they are known; those behind that head count for nothing.
 */
export function signersAt(
  given: readonly VerifierKey[],
  changes: readonly PlacedKeyChange[],
  size: number,
): VerifierKey[] {
  const signers = new Map(given.map((key) => [verifierKeyText(key), key]));
  for (const { number, change } of once(changes)) {
    if (number >= size) break;
    // Of a key that none of those who were given announced, nothing follows.
    if (!signers.delete(verifierKeyText(change.before))) continue;
    if (change.isAnnounced) signers.set(verifierKeyText(change.key), change.key);
  }
  return [...signers.values()];
}

/**
 * The keys whose signature counts on an older head of a log, or on one of which no more is known than of that log: as `keysOfEntry` of its last
 * entry.
 */
export const signersOfHead = (
  given: readonly VerifierKey[],
  changes: readonly PlacedKeyChange[],
  size: number,
): VerifierKey[] => keysOfEntry(given, changes, size - 1);

/**
 * The keys that may have signed what belongs to an entry: those whose signature counted then, and, where a later key was given, the ones before
 * it, which the log names that it signed.
 *
 * @param changes as `signersAt` has them, of a log that one of these keys signed.
 */
export function keysOfEntry(
  given: readonly VerifierKey[],
  changes: readonly PlacedKeyChange[],
  number: number,
): VerifierKey[] {
  const keys = new Map(signersAt(given, changes, Infinity).map((key) => [verifierKeyText(key), key]));
  for (const { number: at, change } of once(changes).toReversed())
    if (at > number && keys.delete(verifierKeyText(change.key)))
      keys.set(verifierKeyText(change.before), change.before);
  for (const key of signersAt(given, changes, number + 1)) keys.set(verifierKeyText(key), key);
  return [...keys.values()];
}

/**
 * Of the keys that signed a head, those that sign by what another one announced: that was given and they were not, or they came back. Whoever held
 * such a key when another had followed it can have gone on from an announcement of before, and what the log says of its keys does not tell.
 */
export const announcedSince = (
  signers: readonly VerifierKey[],
  given: readonly VerifierKey[],
  changes: readonly PlacedKeyChange[],
): VerifierKey[] =>
  signers.filter((key) => !given.some((each) => isSameKey(each, key)) || cameBack([key], changes).length > 0);

/** Of the keys that sign a log, those that another one followed before: somebody had a reason, and may hold them still. */
export const cameBack = (
  signers: readonly VerifierKey[],
  changes: readonly PlacedKeyChange[],
): VerifierKey[] => signers.filter((key) => changes.some(({ change: { before } }) => isSameKey(before, key)));

/** What nothing shows of a head that such keys signed. */
export const notShownOfAnnounced = (keys: readonly VerifierKey[], size: number): string =>
  `that ${keys.map(({ name, id }) => `${name}+${id}`).join(' and ')} signed that log of ${size} entries before another key followed: whoever held that key after another followed it could have made this; ` +
  'a checkpoint kept since then shows it, with --since';

/**
 * The keys of which each may be the one that signs a log now: those that were given, and what they announced in their place. That a key was lost
 * says whoever has the next one, so that one stands beside it. Where there are several, nothing says which of them follows the others.
 *
 * @param changes of one log, as far as they are known.
 */
export function standingKeys(
  given: readonly VerifierKey[],
  changes: readonly PlacedKeyChange[],
): VerifierKey[] {
  const announced = changes.filter(({ change }) => change.isAnnounced);
  return signersAt(given, announced, Infinity);
}
