import { formatInstant, parseInstant, type Window } from '@margay/ground';

/** The documented variables that tell a pod which report to make. */
export const REPORT_NAME = 'TIGERA_COMPLIANCE_REPORT_NAME';
export const REPORT_START = 'TIGERA_COMPLIANCE_REPORT_START_TIME';
export const REPORT_END = 'TIGERA_COMPLIANCE_REPORT_END_TIME';
export const JOB_NAMESPACE = 'TIGERA_COMPLIANCE_JOB_NAMESPACE';

/** One report to make. */
export interface ReportRequest extends Window {
  readonly reportName: string;
}

/** The variables that ask for a report. */
export function reportEnvironment({
  reportName,
  start,
  end,
}: ReportRequest): Readonly<Record<string, string>> {
  return {
    [REPORT_NAME]: reportName,
    [REPORT_START]: formatInstant(start),
    [REPORT_END]: formatInstant(end),
  };
}

/** The report that the variables ask for, or everything that is wrong with them. */
export function readReportEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly request: ReportRequest } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const instant = (variable: string): number => {
    const parsed = parseInstant(environment[variable]);
    if (parsed === undefined) {
      problems.push(
        `${variable} is "${environment[variable] ?? ''}": write an instant such as 2026-01-31T00:00:00Z`,
      );
    }
    return parsed ?? NaN;
  };
  const reportName = environment[REPORT_NAME] ?? '';
  if (reportName === '') problems.push(`${REPORT_NAME} is not set: name an existing GlobalReport`);
  const start = instant(REPORT_START);
  const end = instant(REPORT_END);
  if (start >= end) problems.push(`${REPORT_END} must be after ${REPORT_START}`);
  return problems.length > 0 ? { problems } : { request: { reportName, start, end } };
}
