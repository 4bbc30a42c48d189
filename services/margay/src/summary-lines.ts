import { microsOf } from '@margay/ground';
import { evidenceGrade, neverSeenWords, NO_FLOWS, typeOfReport, type Report } from '@margay/reports';

/** A report at a glance, for a terminal: what, when, the rings of its type as bars, and how much its evidence tells. */
export function summaryLines(report: Report): string[] {
  const { heading, widgets } = typeOfReport(report).uiSummary(report);
  const rows = widgets.map(
    ({ heading: what, data: [{ label, value }], summary: { total, notKnown = 0 } }) => ({
      words: `${what}, ${label.toLowerCase()}`,
      value,
      total,
      notKnown,
    }),
  );
  const width = Math.max(...rows.map(({ words }) => words.length));
  return [
    `${report.reportName} (${report.reportTypeName})  ${microsOf(report.startTime)} to ${microsOf(report.endTime)}`,
    `  ${heading}`,
    ...rows.map(
      ({ words, value, total, notKnown }) =>
        `    ${words.padEnd(width)}  ${bar(value, total, notKnown)}  ${value} of ${total}` +
        (notKnown > 0 ? `, ${notKnown} not known` : ''),
    ),
    ...unsettledLines(report),
    `  Evidence: ${evidenceWords(report)}`,
    ...enforcementLines(report),
    ...neverSeenLines(report),
    ...unseenLines(report),
  ];
}

function unsettledLines({ auditSummary: { numUnsettled } }: Report): string[] {
  return numUnsettled > 0
    ? [`  Unsettled: ${numUnsettled} writes, of which it is not known whether they were done.`]
    : [];
}

/** Which plugin enforces what governs, where the report is about who is governed. */
function enforcementLines({ evidence, endpointsSummary }: Report): string[] {
  // Reports of older releases do not say.
  const { enforcement }: Partial<Report['evidence']> = evidence;
  return enforcement === undefined || endpointsSummary.numTotal === 0 ? [] : [`  ${enforcement.statement}`];
}

/** Whom a report has no row of. */
function neverSeenLines({ evidence }: Report): string[] {
  const { neverSeen }: Partial<Report['evidence']> = evidence;
  const words = neverSeenWords(neverSeen);
  return words === '' ? [] : [`  ${words}`];
}

/** What the scope names in vain: a report about nothing looks like a good one. */
function unseenLines({ evidence: { unseenNamespaces: names = [] } }: UnseenNamespaces): string[] {
  if (names.length === 0) return [];
  return [`  Nothing in the window is of what the scope names: namespace ${names.join(', ')}`];
}

const isWithoutFlows = ({ notes }: { readonly notes?: readonly string[] }): boolean =>
  notes?.includes(NO_FLOWS) === true;

const BAR = 20;

/** Hatched for what is not known; never full for it. */
function bar(value: number, total: number, notKnown: number): string {
  const full = total === 0 ? 0 : Math.floor((value / total) * BAR);
  const open = total === 0 ? 0 : Math.min(BAR - full, Math.ceil((notKnown / total) * BAR));
  return '█'.repeat(full) + '▒'.repeat(open) + '░'.repeat(BAR - full - open);
}

/** Reports of older releases do not say. */
interface UnseenNamespaces {
  readonly evidence: { readonly unseenNamespaces?: readonly string[] };
}

/** How much the evidence tells, in one line: its grade, its longest silence, and what it leaves open. */
export function evidenceWords({ evidence }: Pick<Report, 'evidence'>): string {
  const sources: Partial<NonNullable<typeof evidence.sources>> = evidence.sources ?? {};
  const midLife = evidence.firstSeenInMidLife.total;
  const beside = [
    ...(sources.reasons ?? []),
    ...(sources.complete && sources.flows?.unusable
      ? [`${sources.flows.unusable} flow records could not be used.`]
      : []),
    ...(midLife > 0 ? [`${midLife} resources were first seen in mid-life.`] : []),
    ...(evidence.unreadPolicies.total > 0
      ? [`${evidence.unreadPolicies.total} policies could not be read.`]
      : []),
    ...(isWithoutFlows(evidence) ? [NO_FLOWS] : []),
  ];
  const grade = evidenceGrade(sources);
  return beside.length === 0 ? grade : `${grade}. ${beside.join(' ')}`;
}
