import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const REPORT_WINDOW_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'ReportWindow',
    namespace: 'io.margay',
    doc: 'One run of one GlobalReport over [start, end), to be computed.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'id',
        type: 'string',
        doc: 'Deterministic: a function of cluster, report, start and end.',
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
        name: 'spec',
        type: 'string',
        doc: "The GlobalReport's spec as JSON, as it was when the window was emitted.",
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
        name: 'manual',
        type: 'boolean',
        default: false,
        doc: 'Asked for by a person, outside the schedule.',
      },
    ],
  },
  {
    type: 'record',
    name: 'ReportWindow',
    namespace: 'io.margay',
    doc: 'One run of one GlobalReport over [start, end), to be computed.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'id',
        type: 'string',
        doc: 'Deterministic: a function of cluster, report, start and end.',
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
        name: 'spec',
        type: 'string',
        doc: "The GlobalReport's spec as JSON, as it was when the window was emitted.",
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
        name: 'manual',
        type: 'boolean',
        default: false,
        doc: 'Asked for by a person, outside the schedule.',
      },
      {
        name: 'typeSpec',
        type: 'string',
        default: '',
        doc: "The GlobalReportType's spec as JSON, as it was then; empty for the types that are built in.",
      },
    ],
  },
  {
    type: 'record',
    name: 'ReportWindow',
    namespace: 'io.margay',
    doc: 'One run of one GlobalReport over [start, end), to be computed.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'id',
        type: 'string',
        doc: 'Deterministic: a function of cluster, report, start, end and revision.',
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
        name: 'spec',
        type: 'string',
        doc: "The GlobalReport's spec as JSON, as it was when the window was emitted.",
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
        name: 'manual',
        type: 'boolean',
        default: false,
        doc: 'Asked for by a person, outside the schedule.',
      },
      {
        name: 'typeSpec',
        type: 'string',
        default: '',
        doc: "The GlobalReportType's spec as JSON, as it was then; empty for the types that are built in.",
      },
      {
        name: 'revision',
        type: 'int',
        default: 1,
        doc: 'Which report over this window it is, from 1 on.',
      },
    ],
  },
  {
    type: 'record',
    name: 'ReportWindow',
    namespace: 'io.margay',
    doc: 'One run of one GlobalReport over [start, end), to be computed.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
      {
        name: 'id',
        type: 'string',
        doc: 'Deterministic: a function of cluster, report, start, end and revision.',
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
        name: 'spec',
        type: 'string',
        doc: "The GlobalReport's spec as JSON, as it was when the window was emitted.",
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
        name: 'manual',
        type: 'boolean',
        default: false,
        doc: 'Asked for by a person, outside the schedule.',
      },
      {
        name: 'typeSpec',
        type: 'string',
        default: '',
        doc: "The GlobalReportType's spec as JSON, as it was then; empty for the types that are built in.",
      },
      {
        name: 'revision',
        type: 'int',
        default: 1,
        doc: 'Which report over this window it is, from 1 on.',
      },
      {
        name: 'taken',
        type: 'boolean',
        default: false,
        doc: 'A pod of its own computes it already: only those who watch need to know.',
      },
    ],
  },
];
