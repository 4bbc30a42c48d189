import { Readable } from 'node:stream';
import { type ArchivedHeader, loggedReport, LogRefused, type Stores } from '@margay/storage';
import type { ReportFile } from './stream-file.ts';

const TEXT = 'text/plain; charset=utf-8';

/**
 * What shows that a report is in the log, as files for whoever checks it elsewhere, and what they depend on beside the report; none where
 * there is no log, and one that says why where the log in the store does not show it.
 */
export async function filesOfLog(
  ledger: Stores['ledger'],
  { id }: ArchivedHeader,
): Promise<{ readonly files: ReportFile[]; readonly version: string }> {
  try {
    const logged = await loggedReport(ledger, id);
    if (logged === undefined) {
      if ((await ledger.head()) === undefined) return { files: [], version: 'no log' };
      return { files: [file('log.problem.txt', TEXT, `${NO_ENTRY}\n`)], version: 'unlogged' };
    }
    const { entry, proof, checkpoint, key, statement } = logged;
    return {
      files: [
        file('log-entry.json', 'application/json', Buffer.from(entry).toString()),
        file('report.tlog-proof', TEXT, proof),
        file('log-checkpoint.txt', TEXT, checkpoint),
        file('log-key.txt', TEXT, `${key}\n`),
        ...(statement === undefined ? [] : [file('coverage.dsse.json', 'application/json', statement)]),
      ],
      // A log goes on, and so does what it shows.
      version: checkpoint.split('\n', 3)[2]!,
    };
  } catch (error) {
    if (!(error instanceof LogRefused)) throw error;
    return { files: [file('log.problem.txt', TEXT, `${error.message}\n`)], version: 'refused' };
  }
}

const NO_ENTRY =
  'The log of reports has no entry of this report: it was archived before the log began, or when nothing could be appended to the log ' +
  '(the lines that Margay logged then say why), or just now. It gets an entry, which says that it came later, when Margay starts ' +
  'with the key of the log. Until then the log shows nothing of it.';

const file = (name: string, mediaType: string, text: string): ReportFile => ({
  name,
  mediaType,
  text: () => Readable.from([text]),
});
