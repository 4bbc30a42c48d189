import {
  byHolder,
  cosignatureIn,
  datedBytes,
  isoOf,
  NoteProblem,
  readCheckpoint,
  readVerifierKey,
  type SignedCheckpoint,
  timeProblem,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { checkTimestamp, TimestampProblem } from '@margay/timestamps';
import { confirmationProblem } from '../ledger/confirmed.ts';
import { isPartOf } from '../ledger/from-tiles.ts';
import { type Confirmation, type Ledger, LogRefused } from '../ledger/ledger.ts';
import type { Told, Trusted } from './findings.ts';
import type { WalkedLog } from './walk-log.ts';

/** Who confirmed the log as it is, of what could be read. */
interface Confirmed {
  /** When each witness saw it, in seconds since 1970, by its key. */
  readonly cosignatures: Map<string, number>;
  readonly timestamps: Confirmation[];
}

/**
 * Reads what others are kept to have signed of the log, and tells what of it they did not sign, or not of this log. What is missing of it was
 * perhaps never signed: only what is asked for is missed.
 *
 * @returns whether so many witnesses, and an authority of timestamps, saw the log as it is, where that is asked for.
 */
export async function walkConfirmations(
  ledger: Ledger,
  log: WalkedLog | undefined,
  trusted: Trusted,
  told: Told,
): Promise<boolean> {
  const confirmed: Confirmed = { cosignatures: new Map(), timestamps: [] };
  const tree = log?.tree;
  /** Those of one head mostly stand behind one another. */
  let last: { readonly head: string; readonly problem: string | undefined } | undefined;
  let count = 0;
  for await (const kept of ledger.allConfirmations()) {
    const { size, by, checkpoint, kind } = kept;
    // What was signed of what was appended meanwhile is no part of the log that was walked.
    if (tree !== undefined && size > tree.size && size <= ((await ledger.head())?.size ?? 0)) continue;
    const head = JSON.stringify([size, checkpoint]);
    if (last?.head !== head)
      last = { head, problem: await headProblem(ledger, tree, kept, log?.logKeys ?? []) };
    const problem = (await confirmationProblem(kept)) ?? last.problem;
    if (problem !== undefined) {
      told.found(
        'changed',
        `What is kept as signed by ${by} of the log of ${size} entries is not: ${problem}.`,
      );
      continue;
    }
    count++;
    if (size !== tree?.size) continue;
    if (kind === 'cosignature') confirmed.cosignatures.set(by, timeOf(kept));
    if (kind === 'timestamp') confirmed.timestamps.push(kept);
  }
  if (count > 0) told.shown(`${count} confirmations of heads of the log by others are what they signed`);
  const isWitnessed = tellWitnesses(confirmed, log, trusted, told);
  return (await tellTimestamps(confirmed, log, trusted, told)) && isWitnessed;
}

/** Why a checkpoint is no head of the log; undefined where it is, or where that cannot be seen, which was told when the log was read. */
async function headProblem(
  ledger: Ledger,
  tree: SignedCheckpoint | undefined,
  { size, checkpoint }: Confirmation,
  keys: readonly VerifierKey[],
): Promise<string | undefined> {
  if (tree === undefined) return undefined;
  try {
    const head = readCheckpoint(Buffer.from(checkpoint), keys);
    if (size > tree.size) return `the log has ${tree.size} entries`;
    if (head.origin !== tree.origin) return `it is of the log ${head.origin}`;
    if (keys.length > 0 && head.signed.length === 0) return 'no key of the log signed its checkpoint';
    if (!(await isPartOf(ledger, head, tree)))
      return 'its checkpoint is of a log that this one does not go on from';
    return undefined;
  } catch (error) {
    if (error instanceof NoteProblem) return error.message;
    if (error instanceof LogRefused || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** When a witness signed, of a cosignature that is one, in seconds since 1970. */
const timeOf = ({ checkpoint, by, text }: Confirmation): number =>
  cosignatureIn(Buffer.from(text), checkpoint, readVerifierKey(by)).time;

function tellWitnesses(
  { cosignatures }: Confirmed,
  log: WalkedLog | undefined,
  { witnesses, now = Date.now() }: Trusted,
  { shown, notShown }: Told,
): boolean {
  if (witnesses === undefined) return true;
  const { keys, needed } = witnesses;
  const size = log?.size ?? 0;
  const saw = (key: VerifierKey): boolean => {
    const time = cosignatures.get(verifierKeyText(key));
    if (time === undefined) return false;
    const at = `the witness ${key.name} saw the log of ${size} entries at ${isoOf(time * 1_000)}`;
    const problem = timeProblem(time * 1_000, { now });
    (problem === undefined ? shown : notShown)(problem === undefined ? at : `that ${at}: ${problem}`);
    return problem === undefined;
  };
  const holders = byHolder(keys);
  const count = holders.filter((names) => names.filter(saw).length > 0).length;
  const words = `${count} of the ${holders.length} witnesses that were given saw the log of ${size} entries`;
  if (count >= needed) shown(words);
  else notShown(`that ${needed} witnesses saw it: ${words}`);
  return count >= needed;
}

async function tellTimestamps(
  { timestamps }: Confirmed,
  log: WalkedLog | undefined,
  { timestamps: trusted, now = Date.now() }: Trusted,
  { shown, notShown }: Told,
): Promise<boolean> {
  if (trusted === undefined) return true;
  const size = log?.size ?? 0;
  let why = 'no timestamp of it is kept';
  for (const { checkpoint, text } of timestamps) {
    const data = datedBytes(checkpoint);
    try {
      const { time, authority } = await checkTimestamp(new Uint8Array(Buffer.from(text, 'base64')), {
        data,
        trusted,
      });
      const problem = timeProblem(time.getTime(), { now });
      const said = `the log of ${size} entries existed at ${isoOf(time.getTime())}, according to ${authority}`;
      if (problem === undefined) {
        shown(said);
        return true;
      }
      why = `${said}, and ${problem}`;
    } catch (error) {
      if (!(error instanceof TimestampProblem)) throw error;
      why = error.message;
    }
  }
  notShown(`since when the log of ${size} entries existed: ${why}`);
  return false;
}
