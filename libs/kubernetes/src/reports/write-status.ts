import { isDeepStrictEqual } from 'node:util';
import type { KubernetesClient } from '../client/client.ts';
import type { ApiObject } from '../client/resources.ts';
import { globalReports } from '../custom-resources/report-types.ts';
import type { GlobalReportStatus } from './status.ts';

/** Which object of the name is meant: the one with this uid, or none. */
export interface ReportObjectRef {
  readonly name: string;
  readonly uid: string;
}

/** A GlobalReport as the API server holds it. */
export interface GlobalReportObject extends ApiObject {
  readonly status?: GlobalReportStatus;
}

/**
 * Writes the status of a GlobalReport, from its newest state for as long as others write too.
 *
 * A status that says what it said is not written, so several schedulers that agree do not keep each other busy. A report
 * that is gone, or another one of the same name, is left alone. Rejects with `ApiStatusError` where it may not be written.
 *
 * @param compute gives the status for the report as it is now; it may be asked several times.
 * @returns the report as it is then; undefined where it is gone.
 */
export async function writeStatus(
  client: KubernetesClient,
  group: string,
  { name, uid }: ReportObjectRef,
  compute: (report: GlobalReportObject) => GlobalReportStatus,
): Promise<GlobalReportObject | undefined> {
  return client.update<GlobalReportObject>(
    globalReports(group),
    { name, subresource: 'status' },
    (report) => {
      if (report.metadata.uid !== uid) return undefined;
      const status = compute(report);
      return isDeepStrictEqual(withoutUndefined(status), report.status) ? undefined : { ...report, status };
    },
  );
}

/** As it comes back from the API server. */
function withoutUndefined(status: GlobalReportStatus): unknown {
  return JSON.parse(JSON.stringify(status));
}
