import type { Run } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import { readEntry, type Entry } from '@margay/ledger';
import { LogRefused, type Stores } from '@margay/storage';

/** Entries that the log gives at once. */
const BATCH = 256;

/** Where the log says that a report is. */
interface Logged {
  /** From 0 on. */
  readonly number: number;
  readonly entry: Entry;
}

/**
 * Finds the reports that the log of reports has and the archive has not. Entries never change, so each is read once; a log that
 * somebody cut tells of no more than it has.
 */
export function removedRuns({
  ledger,
  windows,
}: Pick<Stores, 'ledger' | 'windows'>): (isThere: (run: string) => boolean) => Promise<readonly Run[]> {
  const logged = new Map<string, Logged>();
  let next = 0;
  const readOn = async () => {
    const { size = 0 } = (await ledger.head()) ?? {};
    while (next < size) {
      const bytes = await ledger.entries(next, Math.min(size, next + BATCH));
      for (const [i, each] of bytes.entries()) {
        const entry = readEntry(each);
        logged.set(entry.run, { number: next + i, entry });
      }
      next += bytes.length;
    }
  };
  return async (isThere) => {
    try {
      await readOn();
    } catch (error) {
      // What the log lacks it says itself, to whoever asks for it.
      if (!(error instanceof LogRefused)) throw error;
    }
    const runs: Run[] = [];
    for (const [id, each] of logged) {
      if (isThere(id)) continue;
      const record = await windows.get(id);
      // One that is asked for again will be there again.
      if (record === undefined || record.state === 'completed')
        runs.push(removedRun(each, record && formatInstant(record.changedAt)));
    }
    return runs;
  };
}

function removedRun({ number, entry }: Logged, archivedAt: string | undefined): Run {
  const { run, report, type, start, end, digest, revision } = entry;
  const when = archivedAt === undefined ? '' : ` at ${archivedAt}`;
  return {
    id: run,
    report,
    reportType: type,
    state: 'completed',
    window: { start, end },
    generated: archivedAt ?? null,
    digest,
    evidence: null,
    summary: null,
    reason: null,
    revision,
    supersedes: null,
    supersededBy: null,
    unchanged: null,
    late: null,
    archiveProblem: `Its report was archived${when}, and is entry ${number} of the log of reports, with the digest ${digest}. It is no longer in the archive: somebody removed it. Restore the archive from a backup.`,
  };
}
