import {
  announcedSince,
  byHolder,
  cameBack,
  goesOnFrom,
  isoOf,
  isSameKey,
  NoteProblem,
  notShownOfAnnounced,
  readCheckpoint,
  readNote,
  type SignedCheckpoint,
  signersAt,
  signersOfHead,
  standingKeys,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { believed } from './believed-times.ts';
import type { FollowedKeys, FormerHead } from './follow-keys.ts';
import type { Told, Trusted } from './judgement.ts';
import { Wrong } from './wrong.ts';

/** Tells who signed a head, of those who are known. */
export function tellSigners({ signed }: SignedCheckpoint, { shown }: Told): void {
  for (const { key, time } of signed)
    shown.push(
      key.use === 'log'
        ? `that log is signed by the key ${key.name}+${key.id}`
        : `the witness ${key.name} saw that log at ${isoOf(time! * 1_000)}`,
    );
}

/** The keys of logs that signed a head, of those that are known. */
const logKeysOf = ({ signed }: SignedCheckpoint): VerifierKey[] =>
  signed.map(({ key }) => key).filter(({ use }) => use === 'log');

/** The logs that signed a head, of those that are known. */
export const logsThatSigned = (head: SignedCheckpoint | undefined): string[] =>
  head === undefined ? [] : logKeysOf(head).map(({ name }) => name);

/** Why nothing shows who made it. */
const whoNotShown = ({ keys }: Trusted): string =>
  keys.length === 0
    ? 'who made it: no key was given, and --key takes one'
    : 'who made it: no key that was given signed it';

/** What is shown of a head by what is trusted. */
interface JudgedHead {
  /** What was asked for of a checkpoint that was kept, and of witnesses. */
  readonly isShown: boolean;
  /** The logs that signed it, of those that are known, and may. */
  readonly signedBy: readonly string[];
}

/**
 * Judges a head by what is trusted, where there is one: who signed it, whether it goes with a checkpoint that was kept, and who saw it.
 *
 * @param seen what witnesses must have seen.
 * @throws Wrong where it and the checkpoint that was kept cannot be of one log.
 */
export function judgeHead(
  head: SignedCheckpoint | undefined,
  seen: Witnessed,
  trusted: Trusted & FollowedKeys,
  told: Told,
): JudgedHead {
  const former = formerOf(seen.size, trusted);
  for (const { key, size } of former)
    told.shown.push(
      `the key ${key.name}+${key.id} signed that log as it was with ${size} entries, this one among them`,
    );
  const kept = judgeSince(head, trusted, told);
  // What was signed of a log of more entries was signed of all that is in it.
  const later = kept !== undefined && kept.size >= head!.size ? kept : undefined;
  const signedBy = [
    ...new Set([...logsThatSigned(head), ...former.map(({ key }) => key.name), ...logsThatSigned(later)]),
  ];
  if (signedBy.length === 0) told.notShown.push(whoNotShown(trusted));
  if (later !== undefined && logsThatSigned(head).length === 0)
    told.shown.push(`${namesOf(logKeysOf(later))} signed that log as it went on, with ${later.size} entries`);
  const judged = { head, later, former };
  const isReturned = isByReturned(judged, trusted, told);
  const isVouched = isVouchedFor(judged, trusted, told);
  const isWitnessed = judgeWitnesses(head, kept, seen, trusted, told);
  return {
    isShown: (trusted.since === undefined || kept !== undefined) && isWitnessed && !isReturned,
    signedBy: isVouched ? signedBy : [],
  };
}

/** A head, and what was signed of its log besides. */
interface SignedLog {
  readonly head: SignedCheckpoint | undefined;
  /** A checkpoint that was kept and has all that is in it. */
  readonly later: SignedCheckpoint | undefined;
  readonly former: readonly FormerHead[];
}

/**
 * Tells that whoever held the key of a head when another one had followed it can have made it, where nothing that was kept since shows otherwise.
 *
 * @returns whether the log says itself that another one had: a key that came back signs nothing that is shown by it alone.
 */
function isByReturned(
  { head, later, former }: SignedLog,
  { keys, given = keys, changes = [] }: Trusted & FollowedKeys,
  { notShown }: Told,
): boolean {
  if (head === undefined || former.length > 0 || later !== undefined) return false;
  const signers = logKeysOf(head);
  const taken = announcedSince(signers, given, changes);
  if (taken.length > 0) notShown.push(notShownOfAnnounced(taken, head.size));
  return cameBack(signers, changes).length > 0;
}

/** What former keys that are known signed last of the log, with what it is about in it, as far as their signature counted then. */
export const formerOf = (
  size: number,
  { keys, given = keys, changes = [], former = [] }: Pick<Trusted, 'keys'> & FollowedKeys,
): readonly FormerHead[] =>
  former.filter(
    (head) =>
      head.size >= size && signersAt(given, changes, head.size).some((key) => isSameKey(key, head.key)),
  );

/**
 * Whether each of the keys that may be the one that signs the log now signed the head, or one that was kept and goes on from it. Where several
 * were given and nothing says which follows which, any one of them may be a former key, whose owner nobody need believe.
 */
function isVouchedFor(
  { head, later, former }: SignedLog,
  trusted: Trusted & FollowedKeys,
  { notShown }: Told,
): boolean {
  if (head === undefined) return true;
  const vouching = [
    ...logKeysOf(head),
    ...former.map(({ key }) => key),
    ...(later === undefined ? [] : logKeysOf(later)),
  ];
  if (vouching.length === 0) return true;
  const { keys, given = keys, changes = [] } = trusted;
  const own = given.filter(({ use, name }) => use === 'log' && name === head.origin);
  const standing = standingKeys(own, changes);
  if (standing.every((key) => vouching.some((each) => isSameKey(each, key)))) return true;
  notShown.push(
    `which of the keys ${namesOf(standing)} signs that log of ${head.size} entries: nothing that was given says that the one follows the other, and a key that another ` +
      'follows signs no more; give the newest with --key, or a former one alone for what was exported while it signed',
  );
  return false;
}

const namesOf = (keys: readonly VerifierKey[]): string =>
  keys.map(({ name, id }) => `${name}+${id}`).join(' and ');

/**
 * Judges a head by the checkpoint that was kept, if any was. What nobody at hand can tell, as who has a key that is not known, is named
 * as not shown.
 *
 * @returns the checkpoint, where the log goes on from it, or the other way round, and a key signed it whose signature counts on it.
 * @throws Wrong where the two cannot be of one log.
 */
function judgeSince(
  head: SignedCheckpoint | undefined,
  trusted: Trusted & FollowedKeys,
  told: Told,
): SignedCheckpoint | undefined {
  const { since: bytes, keys, given = keys, changes = [], growth } = trusted;
  if (bytes === undefined) return undefined;
  if (head === undefined) {
    told.notShown.push('that it stands in the log of the checkpoint that was kept');
    return undefined;
  }
  const since = readKept(bytes, keys, told);
  if (since === undefined) return undefined;
  const by = logKeysOf(since);
  if (since.origin !== head.origin) {
    const words = `it is in the log ${head.origin}, and the checkpoint that was kept is of ${since.origin}`;
    if (by.length > 0) throw new Wrong(words);
    told.notShown.push(
      `that it goes with the checkpoint that was kept: ${words}, which no key that is known signed`,
    );
    return undefined;
  }
  const isOne = isOneLog(since, head, growth, told);
  if (by.length === 0) {
    told.notShown.push(whoSignedKept(bytes, keys));
    return undefined;
  }
  const counting = signersOfHead(given, changes, since.size);
  if (!by.some((key) => counting.some((each) => isSameKey(each, key)))) {
    told.notShown.push(
      `that ${namesOf(by)} may sign that log of ${since.size} entries, as the checkpoint that was kept is: the log says before that another key follows it, and a key that another follows signs no more; where it came back, what was exported since tells of it`,
    );
    return undefined;
  }
  return isOne ? since : undefined;
}

/** The checkpoint that was kept; undefined where a known key is said to have signed it and did not, which says nothing of what was brought. */
function readKept(
  bytes: Uint8Array,
  keys: Trusted['keys'],
  { notShown }: Told,
): SignedCheckpoint | undefined {
  try {
    return readCheckpoint(bytes, keys);
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    notShown.push(
      `that it goes with the checkpoint that was kept: of that checkpoint, and not of what is checked by it, ${error.message}; give it as it was kept`,
    );
    return undefined;
  }
}

/** Whether two heads are shown to be of one log. @throws Wrong where they are not of one. */
function isOneLog(
  since: SignedCheckpoint,
  head: SignedCheckpoint,
  growth: Trusted['growth'],
  { shown, notShown }: Told,
): boolean {
  const [older, newer] = since.size <= head.size ? [since, head] : [head, since];
  if (older.size < newer.size && growth === undefined) {
    notShown.push(
      `that the log of ${newer.size} entries goes on from the one of ${older.size}: give what /api/v1/log/growth?from=${older.size}&to=${newer.size} answers with --growth`,
    );
    return false;
  }
  if (!goesOnFrom(older, newer, older.size === newer.size ? [] : growth!))
    throw new Wrong(
      `the log of ${newer.size} entries does not go on from the one of ${older.size} by what was given: the log was changed, or the proof is another one`,
    );
  shown.push(
    `that log ${older.size === newer.size ? 'is' : 'goes with'} the one of the checkpoint that was kept, of ${since.size} entries`,
  );
  return true;
}

/** What is said of a checkpoint that was kept and that nobody who is known signed: what is at hand may be older than its key. */
function whoSignedKept(bytes: Uint8Array, keys: readonly VerifierKey[]): string {
  const by = readNote(bytes).signatures.map(({ name, id }) => `${name}+${id}`);
  const why = keys.some(({ use }) => use === 'log')
    ? 'which is no key that was given or follows from these'
    : 'and no key was given';
  return `who signed the checkpoint that was kept: it is signed by ${by.join(' and ')}, ${why}; give that key with --key where you got it by a way of its own, or what was exported since it signs the log`;
}

/** What witnesses must have seen. */
export interface Witnessed {
  /** A log of at least so many entries. */
  readonly size: number;
  /** What it is. */
  readonly words: string;
  /** The end of the window of the report in it, RFC 3339; absent where none is known to be. */
  readonly windowEnd?: string;
}

/**
 * Whether so many witnesses as are asked for saw what they must have seen: by the head that was brought, or by the checkpoint that was kept.
 *
 * @param kept goes with the head.
 */
function judgeWitnesses(
  head: SignedCheckpoint | undefined,
  kept: SignedCheckpoint | undefined,
  { size, words: what, windowEnd }: Witnessed,
  { witnesses, now }: Trusted,
  told: Told,
): boolean {
  if (witnesses === undefined) return true;
  const heads = head === undefined ? [] : [head];
  if (kept !== undefined && kept.size >= size)
    heads.push(believed(kept, { now, ...(windowEnd !== undefined && { windowEnd }) }, told));
  const saw = new Set(
    heads.flatMap(({ signed }) =>
      signed.filter(({ key }) => key.use === 'witness').map(({ key }) => verifierKeyText(key)),
    ),
  );
  const holders = byHolder(witnesses.keys);
  const count = holders.filter((keys) => keys.some((key) => saw.has(verifierKeyText(key)))).length;
  const words = `${count} of the ${holders.length} witnesses that were given saw ${what}`;
  if (count >= witnesses.needed) told.shown.push(words);
  else told.notShown.push(`that ${witnesses.needed} witnesses saw it: ${words}`);
  return count >= witnesses.needed;
}
