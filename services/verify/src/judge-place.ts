import {
  checkProof,
  NoEntry,
  NoteProblem,
  readCheckpoint,
  readEntry,
  type SignedCheckpoint,
} from '@margay/ledger';
import { followKeys } from './follow-keys.ts';
import { judgeSince, logsThatSigned, tellSigners, whoNotShown } from './judge-head.ts';
import { type Judgement, named, type Told, type Trusted, WRONG } from './judgement.ts';
import type { BroughtPlace } from './read-evidence.ts';
import { Wrong } from './wrong.ts';

/** Judges what was brought of a report's place in the log, without the report. All that is asked for is shown of a checkpoint alone. */
export function judgePlace(place: BroughtPlace, given: Trusted): Judgement {
  const told: Told = { shown: [], notShown: [] };
  const about = place.kind === 'pdf' ? 'entry' : 'checkpoint';
  try {
    const trusted = place.kind === 'pdf' ? followKeys(place, given, told) : given;
    const head = place.kind === 'pdf' ? entryShown(place, trusted, told) : headShown(place, trusted, told);
    const signedBy = logsThatSigned(head);
    if (signedBy.length === 0) told.notShown.push(whoNotShown(trusted));
    const { since } = trusted;
    const kept = since && judgeSince(since, head, trusted, told);
    const isSinceShown = since === undefined || kept !== undefined;
    const isAnswered = place.kind === 'checkpoint' && isSinceShown && signedBy.length > 0;
    return { about, ...told, signedBy, isAnswered, doubtful: [] };
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof NoteProblem || error instanceof NoEntry)) throw error;
    return { ...WRONG, about, ...told, wrong: error.message };
  }
}

/** What is attached to a PDF: that the log has a report, and which. @throws Wrong */
function entryShown(
  { entry: bytes, proof }: Extract<BroughtPlace, { kind: 'pdf' }>,
  { keys, signers = keys }: Trusted,
  told: Told,
): SignedCheckpoint {
  const entry = named('log-entry.json', () => readEntry(bytes));
  const head = named('report.tlog-proof', () => checkProof(proof, bytes, signers));
  told.shown.push(
    `entry ${head.index} of the log ${head.origin} of ${head.size} entries is of ${entry.report} (${entry.type}) of ${entry.cluster}, ` +
      `${entry.start} to ${entry.end}, as run ${entry.run}, revision ${entry.revision}, with the digest sha256 ${entry.digest}`,
  );
  tellSigners(head, told);
  if (entry.later === true)
    told.notShown.push('what happened to the report before it was logged: it had been archived before');
  told.notShown.push(
    'that the pages are of that report: nobody signs pages; report.json or evidence.zip with that digest is what can be checked',
  );
  return head;
}

/** A head of a log, and what is printed beside it. @throws NoteProblem */
function headShown(
  { checkpoint, printed }: Extract<BroughtPlace, { kind: 'checkpoint' | 'printed' }>,
  { keys }: Trusted,
  told: Told,
): SignedCheckpoint {
  const head = readCheckpoint(checkpoint, keys);
  told.shown.push(`it is a head of the log ${head.origin} of ${head.size} entries`);
  tellSigners(head, told);
  if (printed === undefined) return head;
  const { run, digest, index } = printed;
  if (index >= head.size)
    throw new Wrong(`it says that entry ${index} is of the report, and its log has ${head.size} entries`);
  told.notShown.push(
    `that entry ${index} of that log is of run ${run} with the digest sha256 ${digest}: nobody signs what is printed beside a checkpoint; ` +
      'evidence.zip has the proof, and --since takes this for it',
  );
  return head;
}
