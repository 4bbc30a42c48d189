import {
  goesOnFrom,
  isoOf,
  isPrinted,
  readCheckpoint,
  readPrinted,
  readProof,
  type SignedCheckpoint,
} from '@margay/ledger';
import { believed } from './believed-times.ts';
import { named, type Told, type Trusted } from './judgement.ts';
import { filesAttachedTo, isPdf } from './read-pdf.ts';
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

/** The logs that signed a head, of those that are known. */
export const logsThatSigned = (head: SignedCheckpoint | undefined): string[] =>
  head?.signed.filter(({ key }) => key.use === 'log').map(({ key }) => key.name) ?? [];

/** Why nothing shows who made it. */
export const whoNotShown = ({ keys }: Trusted): string =>
  keys.length === 0
    ? 'who made it: no key was given, and --key takes one'
    : 'who made it: no key that was given signed it';

const PROOF = 'report.tlog-proof';

/**
 * The signed note in what somebody kept: as the log gives it, as it was printed, or in a PDF.
 *
 * @throws NoteProblem where what was printed is not whole; Wrong for a PDF without one, or that says two things.
 */
export function keptBytes(bytes: Buffer): Uint8Array {
  if (isPdf(bytes)) {
    const proof = filesAttachedTo(bytes, [PROOF]).get(PROOF);
    if (proof === undefined) throw new Wrong('the PDF that was kept has no checkpoint attached');
    return Buffer.from(readProof(proof).checkpoint);
  }
  const text = bytes.toString();
  return isPrinted(text) ? Buffer.from(readPrinted(text).checkpoint) : bytes;
}

/**
 * The checkpoint that was kept, where the log goes on from it, or the other way round; undefined where that is not shown.
 *
 * @throws Wrong where it does not.
 */
export function judgeSince(
  kept: Uint8Array,
  head: SignedCheckpoint | undefined,
  { keys, growth }: Trusted,
  { shown, notShown }: Told,
): SignedCheckpoint | undefined {
  const since = named('the checkpoint that was kept', () =>
    readCheckpoint(keptBytes(Buffer.from(kept)), keys),
  );
  if (head === undefined) {
    notShown.push('that it stands in the log of the checkpoint that was kept');
    return undefined;
  }
  if (since.origin !== head.origin)
    throw new Wrong(
      `it is in the log ${head.origin}, and the checkpoint that was kept is of ${since.origin}`,
    );
  if (keys.length > 0 && !since.signed.some(({ key }) => key.use === 'log'))
    throw new Wrong('the checkpoint that was kept is not signed by a key that was given');
  const [older, newer] = since.size <= head.size ? [since, head] : [head, since];
  if (older.size < newer.size && growth === undefined) {
    notShown.push(
      `that the log of ${newer.size} entries goes on from the one of ${older.size}: give what /api/v1/log/growth?from=${older.size}&to=${newer.size} answers with --growth`,
    );
    return undefined;
  }
  if (!goesOnFrom(older, newer, older.size === newer.size ? [] : growth!))
    throw new Wrong(
      `the log of ${newer.size} entries does not go on from the one of ${older.size} by what was given: the log was changed, or the proof is another one`,
    );
  shown.push(
    `that log ${older.size === newer.size ? 'is' : 'goes with'} the one of the checkpoint that was kept, of ${since.size} entries`,
  );
  return since;
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
export function judgeWitnesses(
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
      signed.filter(({ key }) => key.use === 'witness').map(({ key }) => `${key.name}+${key.id}`),
    ),
  );
  const count = witnesses.names.filter((name) => saw.has(name)).length;
  const words = `${count} of the ${witnesses.names.length} witnesses that were given saw ${what}`;
  if (count >= witnesses.needed) told.shown.push(words);
  else told.notShown.push(`that ${witnesses.needed} witnesses saw it: ${words}`);
  return count >= witnesses.needed;
}
