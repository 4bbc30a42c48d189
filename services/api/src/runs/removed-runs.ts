import type { Run } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import type { LoggedEntry, Stores } from '@margay/storage';

/** The reports that the log of reports has and the archive has not. */
export async function removedRuns(
  entries: ReadonlyMap<string, LoggedEntry>,
  isThere: (run: string) => boolean,
  { windows }: Pick<Stores, 'windows'>,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [id, entry] of entries) {
    if (isThere(id)) continue;
    const record = await windows.get(id);
    // One that is asked for again will be there again.
    if (record === undefined || record.state === 'completed')
      runs.push(removedRun(entry, record && formatInstant(record.changedAt)));
  }
  return runs;
}

function removedRun(entry: LoggedEntry, archivedAt: string | undefined): Run {
  const { number, run, report, type, start, end, digest, revision } = entry;
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
