import type { ReportWindow } from '@margay/contracts';
import { reasonOf, type Log } from '@margay/runtime';
import type { Telling } from './work-on-window.ts';

/** What the log says of an attempt that failed. */
export const ATTEMPT_FAILED = 'A window could not be computed';

/** What the log says of a report that is archived, while the log of reports cannot be appended to. */
export const NOT_LOGGED = 'A report is archived, and not in the log of reports';

/** What the log says of a revision that no evidence explains. */
const UNEXPLAINED =
  'A revision says otherwise than the report before it, of the same evidence: another release computed it, or the history was changed';

/** Tells the log what happens to a window. */
export function toLog(
  log: Log,
  { id, reportName: report }: Pick<ReportWindow, 'id' | 'reportName'>,
): Telling {
  return {
    failed: (attempt, error) =>
      log.warn(ATTEMPT_FAILED, { id, report, attempt, reason: reasonOf(error), error }),
    away: (error) =>
      log.warn('A window waits for broker or archive', { id, report, reason: reasonOf(error) }),
    logged: () => undefined,
    unlogged: ({ message }) => log.error(NOT_LOGGED, { id, report, reason: message }),
    unexplained: (before) => log.warn(UNEXPLAINED, { id, report, before }),
    late: ({ changes, flows }) =>
      log.warn('A window was computed although not all that was published before is applied', {
        id,
        report,
        messages: changes + flows,
      }),
  };
}
