import type { Instant } from '@margay/ground';
import { INSTANT, type RecordSchema } from '../avro/schema.ts';
import { REPORT_COMPLETED_RELEASES } from '../releases/report-completed.ts';
import { defineTopic } from '../topic.ts';

/** A report was archived: whole, and never to change. */
export interface ReportCompleted {
  readonly cluster: string;
  /** The window's id, which is the report's. */
  readonly id: string;
  readonly reportName: string;
  readonly reportType: string;
  readonly start: Instant;
  readonly end: Instant;
  /** The report's digest, by which the archived one can be checked. */
  readonly digest: string;
  /** The numbers of the report's summary. */
  readonly summary: unknown;
  readonly generatedAt: Instant;
  /** Which report over this window it is; absent for the first, else from 2 on. */
  readonly revision?: number;
  /** The id of the report before it over the same window; absent for the first. */
  readonly supersedes?: string;
}

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'ReportCompleted',
  namespace: 'io.margay',
  doc: 'A report was archived: whole, and never to change.',
  fields: [
    { name: 'cluster', type: 'string' },
    { name: 'id', type: 'string', doc: "The window's id, which is the report's. A repeat has the same one." },
    { name: 'reportName', type: 'string' },
    { name: 'reportType', type: 'string' },
    { name: 'start', type: INSTANT },
    { name: 'end', type: INSTANT },
    { name: 'digest', type: 'string', doc: 'By which the archived report can be checked.' },
    { name: 'summary', type: 'string', doc: "The numbers of the report's summary, as JSON." },
    { name: 'generatedAt', type: INSTANT },
    {
      name: 'revision',
      type: 'int',
      default: 1,
      doc: 'Which report over this window it is, from 1 on: each is told of once.',
    },
    {
      name: 'supersedes',
      type: 'string',
      default: '',
      doc: 'The id of the report before it over the same window, which stays; empty for the first.',
    },
  ],
};

type CompletedRecord = Omit<ReportCompleted, 'summary' | 'revision' | 'supersedes'> & {
  readonly summary: string;
  readonly revision: number;
  readonly supersedes: string;
};

/** News of archived reports. */
export const reportsCompleted = defineTopic<ReportCompleted>({
  name: 'margay.report-completed',
  about: 'Reports that were archived, with the numbers of their summary.',
  schema: SCHEMA,
  released: REPORT_COMPLETED_RELEASES,
  key: 'cluster and name of the GlobalReport',
  keyOf: ({ cluster, reportName }) => `${cluster}/${reportName}`,
  toRecord: ({ summary, revision = 1, supersedes = '', ...completed }) => ({
    ...completed,
    summary: JSON.stringify(summary),
    revision,
    supersedes,
  }),
  fromRecord: ({
    cluster,
    id,
    reportName,
    reportType,
    start,
    end,
    digest,
    generatedAt,
    summary,
    revision,
    supersedes,
  }: CompletedRecord) => ({
    cluster,
    id,
    reportName,
    reportType,
    start,
    end,
    digest,
    generatedAt,
    summary: JSON.parse(summary) as unknown,
    ...(revision > 1 && { revision }),
    ...(supersedes !== '' && { supersedes }),
  }),
});
