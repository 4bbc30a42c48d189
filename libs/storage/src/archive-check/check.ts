import type { Stores } from '../stores.ts';
import type { ArchiveJudgement, Finding, Told, Trusted } from './findings.ts';
import { walkConfirmations } from './walk-confirmations.ts';
import { walkLog } from './walk-log.ts';
import { type Resumed, walkReports } from './walk-reports.ts';

/** What is told while a check runs, and what an earlier one did already. */
export interface CheckOptions {
  readonly resumed?: Resumed;
  readonly progress?: Told['progress'];
}

const NOTHING_DONE: Resumed = { isDone: () => false, done: () => {} };

/**
 * Looks at everything in an archive: headers, chains and rows, against their digests, and against the log of reports, its entries, tiles and
 * signed head. Only reads. What is archived meanwhile is no finding.
 *
 * @throws NoteProblem where the checkpoint that was kept is none.
 */
export async function checkArchive(
  stores: Pick<Stores, 'archive' | 'ledger'>,
  given: Trusted,
  { resumed = NOTHING_DONE, progress = () => {} }: CheckOptions = {},
): Promise<ArchiveJudgement> {
  const findings: Finding[] = [];
  const [shown, notShown]: [string[], string[]] = [[], []];
  const told: Told = {
    found: (kind, words) => void findings.push({ kind, words }),
    shown: (words) => void shown.push(words),
    notShown: (words) => void notShown.push(words),
    progress,
  };
  // The log first: what it has is in the archive by then.
  const log = await walkLog(stores.ledger, given, told).catch(unreadable(told));
  const isConfirmed = await walkConfirmations(stores.ledger, log, given, told);
  const passedOver = await walkReports(stores, log, resumed, told);
  return {
    findings,
    signedBy: log?.signedBy ?? [],
    shown,
    notShown,
    isConfirmed: isConfirmed && log?.isSinceKnown !== false,
    passedOver,
  };
}

/** A log that is written as no log is must not keep the reports from being looked at. */
const unreadable =
  ({ found }: Told) =>
  (error: unknown): undefined => {
    if (!(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError))
      throw error;
    found('changed', `The log of reports was changed, and cannot be read: ${error.message}.`);
  };
