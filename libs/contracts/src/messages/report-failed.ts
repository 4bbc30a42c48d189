import type { Instant } from '@margay/ground';
import { INSTANT, type RecordSchema } from '../avro/schema.ts';
import { REPORT_FAILED_RELEASES } from '../releases/report-failed.ts';
import { defineTopic } from '../topic.ts';

/** A window whose report could not be computed, however often it was tried. */
export interface ReportFailed {
  readonly cluster: string;
  /** The window's id. */
  readonly id: string;
  readonly reportName: string;
  readonly reportType: string;
  readonly start: Instant;
  readonly end: Instant;
  readonly reason: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly failedAt: Instant;
}

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'ReportFailed',
  namespace: 'io.margay',
  doc: 'A window whose report could not be computed.',
  fields: [
    { name: 'cluster', type: 'string' },
    { name: 'id', type: 'string', doc: "The window's id. A repeat has the same one." },
    { name: 'reportName', type: 'string' },
    { name: 'reportType', type: 'string' },
    { name: 'start', type: INSTANT },
    { name: 'end', type: INSTANT },
    { name: 'reason', type: 'string', doc: 'For a person to read.' },
    { name: 'attempts', type: 'int' },
    { name: 'failedAt', type: INSTANT },
  ],
};

/** News of windows that were given up. */
export const reportsFailed = defineTopic<ReportFailed>({
  name: 'margay.report-failed',
  about: 'Windows that were given up after the last attempt.',
  schema: SCHEMA,
  released: REPORT_FAILED_RELEASES,
  key: 'cluster and name of the GlobalReport',
  keyOf: ({ cluster, reportName }) => `${cluster}/${reportName}`,
  toRecord: (failed) => failed,
  fromRecord: (record: ReportFailed) => ({ ...record }),
});
