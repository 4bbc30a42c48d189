import { customReportType } from './custom-types/custom-type.ts';
import { INVENTORY } from './inventory/inventory.ts';
import { NETWORK_ACCESS } from './network-access/network-access.ts';
import { POLICY_AUDIT } from './policy-audit/policy-audit.ts';
import { PROTECTION_AUDIT } from './protection-audit/protection-audit.ts';
import type { ReportHeader } from './report.ts';
import type { BuiltInReportType, ReportType } from './report-type.ts';

/** Every type of report that is built in, by name: the registry, a line each. */
export const REPORT_TYPES: ReadonlyMap<string, BuiltInReportType> = new Map(
  [INVENTORY, NETWORK_ACCESS, POLICY_AUDIT, PROTECTION_AUDIT].map((type) => [type.name, type]),
);

/** The type of this name. Throws `RangeError` naming the types there are. */
export function reportType(name: string): ReportType {
  const type = REPORT_TYPES.get(name);
  if (type === undefined) {
    throw new RangeError(
      `There is no report type ${JSON.stringify(name)}: use ${[...REPORT_TYPES.keys()].join(', ')}.`,
    );
  }
  return type;
}

/** The type that a report was made with: a report carries that of users with it. */
export function typeOfReport({ reportTypeName, reportTypeSpec }: ReportHeader): ReportType {
  return reportTypeSpec.downloadTemplates === undefined
    ? reportType(reportTypeName)
    : customReportType(reportTypeName, reportTypeSpec);
}
