import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { formatInstant, type Instant } from '@margay/ground';
import { INSTANT, type RecordSchema } from '../avro/schema.ts';
import { REPORT_WINDOW_RELEASES } from '../releases/report-window.ts';
import { defineTopic } from '../topic.ts';

/** One run of one GlobalReport over `[start, end)`, to be computed. */
export interface ReportWindow {
  readonly cluster: string;
  /** See {@link windowId}. */
  readonly id: string;
  /** The GlobalReport's name. */
  readonly reportName: string;
  readonly reportType: string;
  /** The GlobalReport's `spec` as it was when the window was emitted. */
  readonly spec: unknown;
  /** What its type was made of then, where that is none of those that are built in. */
  readonly typeSpec?: unknown;
  readonly start: Instant;
  readonly end: Instant;
  /** Asked for by a person, outside the schedule. */
  readonly manual: boolean;
  /** Which report over this window it is; absent for the first, else from 2 on. */
  readonly revision?: number;
  /**
   * A pod of its own computes it already. It is published so that those who watch prove what they told up to its end; no worker
   * takes it.
   */
  readonly taken?: true;
}

/**
 * The id of a window: the same for the same cluster, report, start, end and revision, wherever it is made.
 *
 * Readable, and safe in URLs and file names: `<report>-<start>-<16 hex digits>`, and `-r<revision>` behind it from the second
 * revision on; at most 128 characters long.
 */
export function windowId(
  window: Pick<ReportWindow, 'cluster' | 'reportName' | 'start' | 'end' | 'revision'>,
): string {
  const { cluster, reportName, start, end, revision = 1 } = window;
  const hash = bytesToHex(sha256(utf8ToBytes(JSON.stringify([cluster, reportName, start, end])))).slice(
    0,
    16,
  );
  const name = reportName.replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 80);
  const from = formatInstant(start).replaceAll(/[-:.]/g, '').toLowerCase();
  return `${name}-${from}-${hash}${revision > 1 ? `-r${revision}` : ''}`;
}

interface ReportRef {
  readonly name: string;
  readonly spec: { readonly reportType: string };
  readonly typeSpec?: unknown;
}

/** The window of one run of a report. */
export function reportWindowOf(
  cluster: string,
  { name: reportName, spec, typeSpec }: ReportRef,
  { start, end }: { readonly start: Instant; readonly end: Instant },
  manual = false,
): ReportWindow {
  const { reportType } = spec;
  return {
    cluster,
    id: windowId({ cluster, reportName, start, end }),
    reportName,
    reportType,
    spec,
    ...(typeSpec !== undefined && { typeSpec }),
    start,
    end,
    manual,
  };
}

/** The window again, to be computed anew as that revision, from 2 on: a person asked for it. */
export function revisedWindow(window: ReportWindow, revision: number): ReportWindow {
  return { ...window, id: windowId({ ...window, revision }), revision, manual: true };
}

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'ReportWindow',
  namespace: 'io.margay',
  doc: 'One run of one GlobalReport over [start, end), to be computed.',
  fields: [
    { name: 'cluster', type: 'string' },
    {
      name: 'id',
      type: 'string',
      doc: 'Deterministic: a function of cluster, report, start, end and revision.',
    },
    { name: 'reportName', type: 'string' },
    { name: 'reportType', type: 'string' },
    {
      name: 'spec',
      type: 'string',
      doc: "The GlobalReport's spec as JSON, as it was when the window was emitted.",
    },
    { name: 'start', type: INSTANT },
    { name: 'end', type: INSTANT },
    { name: 'manual', type: 'boolean', default: false, doc: 'Asked for by a person, outside the schedule.' },
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
};

type WindowRecord = Omit<ReportWindow, 'spec' | 'typeSpec' | 'revision' | 'taken'> & {
  readonly spec: string;
  readonly typeSpec: string;
  readonly revision: number;
  readonly taken: boolean;
};

/** Windows to compute. */
export const reportWindows = defineTopic<ReportWindow>({
  name: 'margay.report-windows',
  about:
    'Windows whose reports are to be computed, and those that a pod of its own computes. A window may come twice: its id tells.',
  schema: SCHEMA,
  released: REPORT_WINDOW_RELEASES,
  key: 'the id of the window',
  keyOf: ({ id }) => id,
  toRecord: ({ spec, typeSpec, revision = 1, taken = false, ...window }) => ({
    ...window,
    revision,
    taken,
    spec: JSON.stringify(spec),
    typeSpec: typeSpec === undefined ? '' : JSON.stringify(typeSpec),
  }),
  fromRecord: ({ spec, typeSpec, revision, taken, ...window }: WindowRecord) => ({
    ...window,
    ...(revision > 1 && { revision }),
    ...(taken && { taken }),
    spec: JSON.parse(spec) as unknown,
    ...(typeSpec !== '' && { typeSpec: JSON.parse(typeSpec) as unknown }),
  }),
});
