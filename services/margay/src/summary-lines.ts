import { microsOf } from '@margay/ground';
import { typeOfReport, type Report } from '@margay/reports';

/** A report at a glance, for a terminal: what, when, the rings of its type as bars, and how complete its evidence is. */
export function summaryLines(report: Report): string[] {
  const { heading, widgets } = typeOfReport(report).uiSummary(report);
  const rows = widgets.map(({ heading: what, data: [{ label, value }], summary: { total } }) => ({
    words: `${what}, ${label.toLowerCase()}`,
    value,
    total,
  }));
  const width = Math.max(...rows.map(({ words }) => words.length));
  return [
    `${report.reportName} (${report.reportTypeName})  ${microsOf(report.startTime)} to ${microsOf(report.endTime)}`,
    `  ${heading}`,
    ...rows.map(
      ({ words, value, total }) => `    ${words.padEnd(width)}  ${bar(value, total)}  ${value} of ${total}`,
    ),
    ...unsettledLines(report),
    `  Evidence: ${evidenceWords(report)}`,
    ...unseenLines(report),
  ];
}

function unsettledLines({ auditSummary: { numUnsettled } }: Report): string[] {
  return numUnsettled > 0
    ? [`  Unsettled: ${numUnsettled} writes, of which it is not known whether they were done.`]
    : [];
}

/** What the scope names in vain: a report about nothing looks like a good one. */
function unseenLines({ evidence: { unseenNamespaces: names = [] } }: UnseenNamespaces): string[] {
  if (names.length === 0) return [];
  return [`  Nothing in the window is of what the scope names: namespace ${names.join(', ')}`];
}

const BAR = 20;

function bar(value: number, total: number): string {
  const full = total === 0 ? 0 : Math.floor((value / total) * BAR);
  return '█'.repeat(full) + '░'.repeat(BAR - full);
}

/** Reports of older releases do not say. */
interface UnseenNamespaces {
  readonly evidence: { readonly unseenNamespaces?: readonly string[] };
}

interface SourceEvidence {
  readonly complete?: boolean;
  readonly reasons?: readonly string[];
  readonly flows?: { readonly unusable?: number };
}

/** How complete the evidence is, in one line. */
export function evidenceWords({ evidence }: Pick<Report, 'evidence'>): string {
  const { complete, reasons = [], flows } = (evidence.sources ?? {}) as SourceEvidence;
  const midLife = evidence.firstSeenInMidLife.total;
  const beside = [
    ...(flows?.unusable ? [`${flows.unusable} flow records could not be used.`] : []),
    ...(midLife > 0 ? [`${midLife} resources were first seen in mid-life.`] : []),
    ...(evidence.unreadPolicies.total > 0
      ? [`${evidence.unreadPolicies.total} policies could not be read.`]
      : []),
  ];
  const whole = complete ? 'complete' : reasons.length === 0 ? 'unknown' : undefined;
  if (whole === undefined) return [...reasons, ...beside].join(' ');
  return beside.length === 0 ? whole : `${whole}, but: ${beside.join(' ')}`;
}
