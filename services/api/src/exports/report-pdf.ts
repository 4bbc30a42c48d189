import type { Ring } from '@margay/api-contract';
import { formatMicros, microsOf } from '@margay/ground';
import {
  neverSeenWords,
  proofWords,
  type EndpointRow,
  type NamespaceRow,
  type ProtectionChangeRow,
  type ReportHeader,
  type RowKind,
  type ServiceRow,
} from '@margay/reports';
import type { Archive, ArchivedHeader } from '@margay/storage';
import PDFDocument from 'pdfkit';
import { contentOf, runOf } from '../runs/runs.ts';
import type { ShownByLog } from './log-files.ts';
import { LOG_PLACE_HEIGHT, logPlace } from './pdf-log-place.ts';

/** Rows of a table at most; the files with all of them are named below it. */
const ROWS_MAX = 1_000;
const MARGIN = 50;
const INK = '#1c2430';
const SOFT = '#5d6b7c';
const LINE = '#d9dee5';
const GOOD = '#1a7f4b';
const WARN = '#9a5b00';
const ACCENT = '#2257c4';

type Pdf = InstanceType<typeof PDFDocument>;

/** A column of a table: its title, its share of the width, and its text for a row. */
type Column<T> = readonly [title: string, share: number, text: (row: T) => string];

/**
 * A report that an auditor can file: cover with scope, window and a statement of its evidence, drawn summary, tables, and on
 * every page its number and the report's digest. The same report and the same log always give the same bytes.
 */
export async function reportPdf(
  archive: Archive,
  header: ArchivedHeader,
  log: Pick<ShownByLog, 'logged' | 'problem'>,
): Promise<Buffer> {
  const content = contentOf(header);
  const title = `${header.reportName}: compliance report of ${header.cluster}`;
  const written = new Date(header.end / 1_000);
  const pdf = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'en',
    info: {
      Title: shown(title),
      Producer: 'Margay',
      Creator: 'Margay',
      CreationDate: written,
      ModDate: written,
    },
  });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => pdf.on('end', resolve));

  cover(pdf, header, content);
  inLog(pdf, log);
  await tables(pdf, archive, header, content);
  numberPages(pdf, header);
  pdf.end();
  await ended;
  return Buffer.concat(chunks);
}

/** The rows of every kind that the type has. */
async function tables(
  pdf: Pdf,
  archive: Archive,
  header: ArchivedHeader,
  content: ReportHeader,
): Promise<void> {
  const rowsOf = async <T>(kind: RowKind): Promise<{ rows: T[]; total: number }> => {
    const rows: T[] = [];
    for await (const part of archive.parts(header.id, kind)) {
      rows.push(...(part.slice(0, ROWS_MAX - rows.length) as T[]));
      if (rows.length >= ROWS_MAX) break;
    }
    // Reports of older releases do not count every kind.
    return { rows, total: content.rowCounts[kind] ?? 0 };
  };
  if (content.reportTypeSpec.includeEndpointData) {
    const [endpoints, namespaces, services] = [
      await rowsOf<EndpointRow>('endpoints'),
      await rowsOf<NamespaceRow>('namespaces'),
      await rowsOf<ServiceRow>('services'),
    ];
    table(pdf, 'Endpoints', endpoints, [
      ['Endpoint', 0.42, (row) => row.endpoint],
      ['Ingress', 0.13, (row) => protection(row, 'ingressProtected')],
      ['Egress', 0.13, (row) => protection(row, 'egressProtected')],
      ['Unprotected at first', 0.32, firstUnprotected],
    ]);
    table(pdf, 'Namespaces', namespaces, [
      ['Namespace', 0.5, (row) => row.namespace],
      ['Ingress', 0.25, (row) => protection(row, 'ingressProtected')],
      ['Egress', 0.25, (row) => protection(row, 'egressProtected')],
    ]);
    table(pdf, 'Services', services, [
      ['Service', 0.6, (row) => row.service],
      ['Ingress', 0.4, (row) => protection(row, 'ingressProtected')],
    ]);
  }
  if (content.reportTypeSpec.auditEventsSelection.resources.length > 0) {
    table(pdf, 'Policy changes', await rowsOf<AuditEvent>('auditEvents'), EVENT_COLUMNS);
    table(pdf, 'Refused policy changes', await rowsOf<AuditEvent>('refusedPolicyWrites'), EVENT_COLUMNS);
    table(pdf, 'Unsettled policy changes', await rowsOf<AuditEvent>('unsettledPolicyWrites'), EVENT_COLUMNS);
  }
  if (content.reportTypeSpec.includeProtectionChanges) {
    table(pdf, 'Changes of protection', await rowsOf<ProtectionChangeRow>('protectionChanges'), [
      ['Time', 0.22, ({ at }) => microsOf(at)],
      ['Effect', 0.22, ({ effect, flag }) => `${effect}: ${flag}`],
      ['By', 0.34, ({ changes }) => changes.map(causeText).join(', ')],
      [
        'Endpoints',
        0.22,
        ({ endpoints: [first, ...more] }) => `${first}${more.length > 0 ? ` and ${more.length} more` : ''}`,
      ],
    ]);
  }
}

/** The fields of an audit event that the table shows; the event is as the API server wrote it, so any may be absent. */
interface AuditEvent {
  readonly verb?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly stageTimestamp?: string;
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: { readonly 'margay.io/deleted'?: string };
}

const EVENT_COLUMNS: readonly Column<AuditEvent>[] = [
  ['Time', 0.26, ({ stageTimestamp = '' }) => microsOf(stageTimestamp)],
  ['Actor', 0.3, ({ user }) => user?.username ?? ''],
  [
    'Verb',
    0.1,
    ({ verb = '', responseStatus: { code = 0 } = {} }) =>
      code >= 400 ? `${verb} ${code}` : code === 201 && verb !== 'create' ? `${verb} (created)` : verb,
  ],
  [
    'Policy',
    0.34,
    ({ objectRef: { resource = '', namespace, name } = {}, annotations }) => {
      const names = name ?? annotations?.['margay.io/deleted']?.replaceAll(',', ', ') ?? '';
      return `${resource} ${namespace === undefined ? '' : `${namespace}/`}${names}`;
    },
  ],
];

const causeText = ({ what, resource, actor }: ProtectionChangeRow['changes'][number]): string =>
  `${what} ${resource}${actor === null ? '' : ` by ${actor}`}`;

/** Rows of older releases do not say what is not known. */
function protection<F extends string>(
  row: { readonly [flag in F]: boolean } & { readonly notKnown?: readonly string[] },
  flag: F,
): string {
  if (row.notKnown?.includes(flag) === true) return 'not known';
  return row[flag] ? 'always' : 'NOT ALWAYS';
}

function firstUnprotected({ unprotectedIngress, unprotectedEgress }: EndpointRow): string {
  // Only with all their digits do they sort as text.
  const [first] = [...unprotectedIngress.intervals, ...unprotectedEgress.intervals]
    .map(({ from, to }) => ({ from: microsOf(from), to: microsOf(to) }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  return first === undefined ? '' : `${first.from} to ${first.to}`;
}

function cover(pdf: Pdf, header: ArchivedHeader, content: ReportHeader): void {
  const { evidence, summary } = runOf(header);
  pdf.fillColor(SOFT).font('Helvetica').fontSize(11).text('Compliance report');
  pdf.fillColor(INK).font('Helvetica-Bold').fontSize(24).text(shown(header.reportName));
  pdf.moveDown(0.5);
  const spec = content.reportSpec.endpoints;
  facts(pdf, [
    ['Report type', header.reportType],
    ['Cluster', header.cluster],
    ['Window', `${formatMicros(header.start)} to ${formatMicros(header.end)}`],
    ['Archived', formatMicros(header.generatedAt)],
    ...revisionFacts(header),
    ['Endpoints in scope', spec?.selector ? `selector ${spec.selector}` : 'all'],
    ['Namespaces in scope', scopeText(spec?.namespaces)],
    ['Service accounts in scope', scopeText(spec?.serviceAccounts)],
    ['Report', header.id],
    ['SHA-256', header.digest],
  ]);
  heading(pdf, 'Statement of evidence');
  const isComplete = evidence?.complete === true;
  pdf
    .fillColor(isComplete ? GOOD : WARN)
    .font('Helvetica-Bold')
    .fontSize(11)
    .text(shown(`The evidence: ${evidence?.words ?? 'not known'}.`));
  pdf.fillColor(INK).font('Helvetica').fontSize(10);
  const { sources, firstSeenInMidLife, endedByInference, unreadPolicies } = content.evidence;
  const statements = [
    ...proofWords(sources),
    ...(evidence?.reasons ?? []),
    ...(sources === null
      ? []
      : [
          `${sources.events.read} events were read and ${sources.events.applied} applied, from ${sources.sources.length} sources.`,
        ]),
    ...flowStatement(sources),
    ...enforcementStatement(content.evidence),
    ...neverSeenStatement(content.evidence),
    `${firstSeenInMidLife.total} objects were first seen in mid-life, and the ends of ${endedByInference.total} were concluded.`,
    `${unreadPolicies.total} problems were found in policies.`,
    ...content.evidence.notes,
  ];
  pdf.list(statements.map(shown), { bulletRadius: 1.5, textIndent: 12 });
  if (summary !== null) {
    heading(pdf, 'Summary');
    rings(pdf, summary.rings);
  }
}

/** What the log shows of the report; nothing where there is no log. */
function inLog(pdf: Pdf, { logged, problem }: Pick<ShownByLog, 'logged' | 'problem'>): void {
  if (logged === undefined && problem === undefined) return;
  heading(pdf, 'In the log of reports', LOG_PLACE_HEIGHT);
  if (logged !== undefined) logPlace(pdf, logged, MARGIN);
  else pdf.fillColor(WARN).font('Helvetica').fontSize(10).text(shown(problem!));
}

const revisionFacts = ({ revision, supersedes = '' }: ArchivedHeader): [string, string][] =>
  revision === undefined ? [] : [['Revision', `${revision}, which supersedes ${supersedes}`]];

/** Reports of older releases say nothing of it. */
const enforcementStatement = ({ enforcement }: Partial<ReportHeader['evidence']>): string[] =>
  enforcement === undefined ? [] : [enforcement.statement];

/** Whom the report has no row of; reports of older releases say nothing of it. */
const neverSeenStatement = ({ neverSeen }: Partial<ReportHeader['evidence']>): string[] => {
  const words = neverSeenWords(neverSeen);
  return words === '' ? [] : [`${words}.`];
};

/** Of flow logs, where there were any; reports of older releases have none of it. */
function flowStatement(sources: ReportHeader['evidence']['sources']): string[] {
  const flows: Partial<NonNullable<typeof sources>>['flows'] = sources?.flows;
  if (flows?.unusable === undefined || flows.sources.length === 0) return [];
  return [
    `${flows.read} flow records were read, from ${flows.sources.length} sources, of which ${flows.unusable} could not be used.`,
  ];
}

const scopeText = (scope: { names?: readonly string[]; selector?: string } | undefined): string =>
  [
    ...(scope?.names === undefined || scope.names.length === 0 ? [] : [scope.names.join(', ')]),
    ...(scope?.selector ? [`selector ${scope.selector}`] : []),
  ].join('; ') || 'all';

/** @param below how much must have room below it, in points. */
function heading(pdf: Pdf, text: string, below = 110): void {
  if (pdf.y > pdf.page.height - MARGIN - below) pdf.addPage();
  pdf.x = MARGIN;
  pdf.moveDown(1).fillColor(INK).font('Helvetica-Bold').fontSize(14).text(text).moveDown(0.3);
}

function facts(pdf: Pdf, rows: readonly (readonly [string, string])[]): void {
  const width = pdf.page.width - 2 * MARGIN;
  for (const [name, value] of rows) {
    const y = pdf.y;
    pdf.fillColor(SOFT).font('Helvetica').fontSize(10).text(name, MARGIN, y, { width: 140 });
    const below = pdf.y;
    pdf.fillColor(INK).text(shown(value), MARGIN + 145, y, { width: width - 145 });
    pdf.y = Math.max(pdf.y, below) + 2;
  }
  pdf.x = MARGIN;
}

function rings(pdf: Pdf, drawn: readonly Ring[]): void {
  const each = (pdf.page.width - 2 * MARGIN) / Math.max(4, drawn.length);
  const radius = 28;
  if (pdf.y > pdf.page.height - 180) pdf.addPage();
  const top = pdf.y + 8;
  for (const [i, { heading: what, label, value, total, notKnown = 0 }] of drawn.entries()) {
    const [x, y] = [MARGIN + i * each + each / 2, top + radius];
    pdf.lineWidth(8).strokeColor(LINE).circle(x, y, radius).stroke();
    const share = total === 0 ? 0 : value / total;
    if (share > 0)
      pdf
        .strokeColor(ACCENT)
        .path(arc(x, y, radius, share))
        .stroke();
    pdf.fillColor(INK).font('Helvetica-Bold').fontSize(11);
    pdf.text(String(value), x - radius, y - 5, { width: 2 * radius, align: 'center' });
    pdf.font('Helvetica').fontSize(9);
    pdf.text(`${what}, ${label.toLowerCase()}`, x - each / 2 + 4, y + radius + 10, {
      width: each - 8,
      align: 'center',
    });
    const open = notKnown > 0 ? `, ${notKnown} not known` : '';
    pdf.fillColor(SOFT).text(`${value} of ${total}${open}`, { width: each - 8, align: 'center' });
  }
  pdf.x = MARGIN;
  pdf.y = top + 2 * radius + 50;
}

/** The part of a circle from the top on, clockwise, as an SVG path. */
function arc(x: number, y: number, radius: number, share: number): string {
  const angle = 2 * Math.PI * Math.min(share, 0.9999);
  const [toX, toY] = [x + radius * Math.sin(angle), y - radius * Math.cos(angle)];
  return `M ${x} ${y - radius} A ${radius} ${radius} 0 ${share > 0.5 ? 1 : 0} 1 ${toX.toFixed(3)} ${toY.toFixed(3)}`;
}

function table<T>(
  pdf: Pdf,
  title: string,
  { rows, total }: { rows: readonly T[]; total: number },
  columns: readonly Column<T>[],
): void {
  heading(pdf, `${title} (${total})`);
  const width = pdf.page.width - 2 * MARGIN;
  const line = (cells: readonly string[], font: string, color: string) => {
    pdf.font(font).fontSize(8);
    const heights = cells.map((cell, i) =>
      pdf.heightOfString(cell || ' ', { width: columns[i]![1] * width - 6 }),
    );
    const height = Math.max(...heights) + 4;
    if (pdf.y + height > pdf.page.height - MARGIN - 20) {
      pdf.addPage();
      if (font === 'Helvetica')
        line(
          columns.map(([name]) => name),
          'Helvetica-Bold',
          SOFT,
        );
      pdf.font(font).fontSize(8);
    }
    const y = pdf.y;
    let x = MARGIN;
    for (const [i, cell] of cells.entries()) {
      const own = columns[i]![1] * width;
      pdf.fillColor(cell === 'NOT ALWAYS' ? WARN : color).text(cell, x, y, { width: own - 6 });
      x += own;
    }
    pdf.x = MARGIN;
    pdf.y = y + height;
    pdf
      .lineWidth(0.5)
      .strokeColor(LINE)
      .moveTo(MARGIN, pdf.y - 2)
      .lineTo(MARGIN + width, pdf.y - 2)
      .stroke();
  };
  line(
    columns.map(([name]) => name),
    'Helvetica-Bold',
    SOFT,
  );
  for (const row of rows)
    line(
      columns.map(([, , text]) => shown(text(row))),
      'Helvetica',
      INK,
    );
  if (total > rows.length) {
    pdf.fillColor(SOFT).font('Helvetica').fontSize(9);
    pdf.text(`The first ${rows.length} of ${total}; all of them are in the report's other downloads.`);
  }
}

function numberPages(pdf: Pdf, header: ArchivedHeader): void {
  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page++) {
    pdf.switchToPage(page);
    const y = pdf.page.height - MARGIN + 10;
    // Below the margin a text would begin a new page.
    pdf.page.margins.bottom = 0;
    pdf.fillColor(SOFT).font('Helvetica').fontSize(8);
    pdf.text(`${shown(header.reportName)} · ${header.digest.slice(0, 16)}`, MARGIN, y, { lineBreak: false });
    pdf.text(`Page ${page + 1} of ${count}`, MARGIN, y, {
      width: pdf.page.width - 2 * MARGIN,
      align: 'right',
      lineBreak: false,
    });
    pdf.page.margins.bottom = MARGIN;
  }
}

/** The page's fonts have Latin letters only, and marks that turn text around must be seen: all others by their numbers. */
const shown = (text: string): string =>
  text.replaceAll(
    /[^\x20-\x7e\u00a1-\u00ff\u2013\u2014\u2018-\u201d\u2026]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
