import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ArchivedHeader,
  type LoggedReport,
  loggedReport,
  LogRefused,
  type Stores,
} from '@margay/storage';
import type { ReportFile } from './stream-file.ts';

const TEXT = 'text/plain; charset=utf-8';

/** What the log shows of a report. */
export interface ShownByLog {
  /** What shows that it has the report; absent where it does not. */
  readonly logged?: LoggedReport;
  /** Why there is a log, and it does not show the report. */
  readonly problem?: string;
  /** What files with it depend on beside the report. */
  readonly version: string;
}

/** What the log in the store shows of a report: nothing where there is no log. */
export async function shownByLog(ledger: Stores['ledger'], { id }: ArchivedHeader): Promise<ShownByLog> {
  try {
    const logged = await loggedReport(ledger, id);
    if (logged !== undefined) return { logged, version: versionOf(logged) };
    return (await ledger.head()) === undefined
      ? { version: 'no log' }
      : { problem: NO_ENTRY, version: 'unlogged' };
  } catch (error) {
    if (!(error instanceof LogRefused)) throw error;
    return { problem: error.message, version: 'refused' };
  }
}

/** A log goes on, and so does what it shows, and who signed that. */
const versionOf = ({ checkpoint, timestamp }: LoggedReport): string =>
  createHash('sha256')
    .update(checkpoint)
    .update(timestamp ?? '')
    .digest('base64');

/** What shows that a report is in the log, as files for whoever checks it elsewhere, or one that says why the log does not show it. */
export function filesOfLog({ logged, problem }: ShownByLog): ReportFile[] {
  if (problem !== undefined) return [file('log.problem.txt', TEXT, `${problem}\n`)];
  if (logged === undefined) return [];
  const { entry, proof, checkpoint, timestamp, key, statement } = logged;
  const changes = keyChangesText(logged);
  return [
    file('log-entry.json', 'application/json', Buffer.from(entry).toString()),
    file('report.tlog-proof', TEXT, proof),
    file('log-checkpoint.txt', TEXT, checkpoint),
    ...(timestamp === undefined
      ? []
      : [file('log-checkpoint.tsr', 'application/timestamp-reply', timestamp)]),
    file('log-key.txt', TEXT, `${key}\n`),
    ...(changes === undefined ? [] : [file('log-key-changes.json', 'application/json', changes)]),
    ...(statement === undefined ? [] : [file('coverage.dsse.json', 'application/json', statement)]),
  ];
}

/** The changes of the log's key, with their proofs: a file of JSON; undefined where there were none. */
export function keyChangesText({ keyChanges }: LoggedReport): string | undefined {
  if (keyChanges.length === 0) return undefined;
  const changes = keyChanges.map(({ entry, growth, ...signed }) => ({
    entry: Buffer.from(entry).toString(),
    ...signed,
    ...(growth && { growth: growth.map((hash) => Buffer.from(hash).toString('base64')) }),
  }));
  return `${JSON.stringify(changes, undefined, 2)}\n`;
}

const NO_ENTRY =
  'The log of reports has no entry of this report: it was archived before the log began, or when nothing could be appended to the log ' +
  '(the lines that Margay logged then say why), or just now. It gets an entry, which says that it came later, when Margay starts ' +
  'with the key of the log. Until then the log shows nothing of it.';

const file = (name: string, mediaType: string, text: string | Uint8Array): ReportFile => ({
  name,
  mediaType,
  text: () => Readable.from([text]),
});
