import {
  checkProof,
  clusterOf,
  NoEntry,
  NoteProblem,
  readCheckpoint,
  readEntry,
  type SignedCheckpoint,
} from '@margay/ledger';
import { followKeys } from './follow-keys.ts';
import { believed } from './believed-times.ts';
import { judgeHead, tellSigners, type Witnessed } from './judge-head.ts';
import { type Judgement, named, type Told, type Trusted, WRONG } from './judgement.ts';
import type { BroughtPlace } from './read-evidence.ts';
import { Wrong } from './wrong.ts';

/**
 * Judges what was brought of a report's place in the log, without the report. Of a checkpoint alone all that is asked for may be shown, and of
 * what names a report nothing shows its pages.
 */
export function judgePlace(place: BroughtPlace, given: Trusted): Judgement {
  const told: Told = { shown: [], notShown: [] };
  const about = place.kind === 'pdf' ? 'entry' : 'checkpoint';
  try {
    const trusted = place.kind === 'pdf' ? followKeys(place, given, told) : given;
    const { head, seen } =
      place.kind === 'pdf' ? entryShown(place, trusted, told) : headShown(place, trusted, told);
    const { isShown, signedBy } = judgeHead(head, seen, trusted, told);
    const isAnswered = place.kind === 'checkpoint' && isShown && signedBy.length > 0;
    return { about, ...told, signedBy, isAnswered, doubtful: [] };
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof NoteProblem || error instanceof NoEntry)) throw error;
    return { ...WRONG, about, ...told, wrong: error.message };
  }
}

/** A head that was brought, and what of its log witnesses must have seen. */
interface BroughtHead {
  readonly head: SignedCheckpoint;
  readonly seen: Witnessed;
}

/** What is attached to a PDF: that the log has a report, and which. @throws Wrong */
function entryShown(
  { entry: bytes, proof }: Extract<BroughtPlace, { kind: 'pdf' }>,
  { keys, signers = keys, now }: Trusted,
  told: Told,
): BroughtHead {
  const entry = named('log-entry.json', () => readEntry(bytes));
  const { index, ...head } = believed(
    named('report.tlog-proof', () => checkProof(proof, bytes, signers)),
    { now, windowEnd: entry.end },
    told,
  );
  told.shown.push(
    `entry ${index} of the log ${head.origin} of ${head.size} entries is of ${entry.report} (${entry.type}) of ${clusterOf(entry)}, ` +
      `${entry.start} to ${entry.end}, as run ${entry.run}, revision ${entry.revision}, with the digest sha256 ${entry.digest}`,
  );
  tellSigners(head, told);
  if (entry.later === true)
    told.notShown.push('what happened to the report before it was logged: it had been archived before');
  told.notShown.push(
    'that the pages are of that report: nobody signs pages; report.json or evidence.zip with that digest is what can be checked',
  );
  return {
    head,
    seen: { size: index + 1, words: 'that log with that entry in it', windowEnd: entry.end },
  };
}

/** A head of a log, and what is printed beside it. @throws NoteProblem */
function headShown(
  { checkpoint, printed }: Extract<BroughtPlace, { kind: 'checkpoint' | 'printed' }>,
  { keys, now }: Trusted,
  told: Told,
): BroughtHead {
  const head = believed(readCheckpoint(checkpoint, keys), { now }, told);
  told.shown.push(`it is a head of the log ${head.origin} of ${head.size} entries`);
  tellSigners(head, told);
  const seen = { size: head.size, words: `that log of ${head.size} entries` };
  if (printed === undefined) return { head, seen };
  const { run, digest, index } = printed;
  if (index >= head.size)
    throw new Wrong(`it says that entry ${index} is of the report, and its log has ${head.size} entries`);
  told.notShown.push(
    `that entry ${index} of that log is of run ${run} with the digest sha256 ${digest}: nobody signs what is printed beside a checkpoint; ` +
      'evidence.zip has the proof, and --since takes this for it',
  );
  return { head, seen };
}
