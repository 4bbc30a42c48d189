import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const REPORT_FAILED_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'ReportFailed',
    namespace: 'io.margay',
    doc: 'A window whose report could not be computed.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'id',
        type: 'string',
        doc: "The window's id. A repeat has the same one.",
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
        name: 'reason',
        type: 'string',
        doc: 'For a person to read.',
      },
      {
        name: 'attempts',
        type: 'int',
      },
      {
        name: 'failedAt',
        type: {
          type: 'long',
          logicalType: 'timestamp-micros',
        },
      },
    ],
  },
];
