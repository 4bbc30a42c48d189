import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const REPORT_COMPLETED_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'ReportCompleted',
    namespace: 'io.margay',
    doc: 'A report was archived: whole, and never to change.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'id',
        type: 'string',
        doc: "The window's id, which is the report's. A repeat has the same one.",
      },
      {
        name: 'reportName',
        type: 'string',
      },
      {
        name: 'reportType',
        type: 'string',
      },
      {
        name: 'start',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
      },
      {
        name: 'end',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
      },
      {
        name: 'digest',
        type: 'string',
        doc: 'By which the archived report can be checked.',
      },
      {
        name: 'summary',
        type: 'string',
        doc: "The numbers of the report's summary, as JSON.",
      },
      {
        name: 'generatedAt',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
      },
    ],
  },
];
