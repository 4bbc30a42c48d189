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
  },
];
