import { csv } from '../csv.ts';
import { summaryCsv } from '../head-columns.ts';
import type { ProtectionChangeRow } from '../report.ts';
import type { BuiltInReportType } from '../report-type.ts';
import { panel } from '../ui-summary.ts';

/** What changed the verdicts on endpoints: which change protected or exposed whom, when and by whom. */
export const PROTECTION_AUDIT: BuiltInReportType = {
  name: 'protection-audit',
  answers:
    'which change of policies, labels, tiers, sets or host endpoints protected or exposed whom, and who made it',
  spec: {
    includeEndpointData: false,
    includeEndpointFlowLogData: false,
    includeProtectionChanges: true,
    auditEventsSelection: { resources: [] },
  },
  downloads: [
    {
      name: 'summary.csv',
      description: 'How many changes protected endpoints, exposed them, or left that open',
      mediaType: 'text/csv',
      render: (report) =>
        summaryCsv(report, [
          ['numChanges', (it) => it.protectionSummary.numTotal],
          ['numProtectingChanges', (it) => it.protectionSummary.numProtecting],
          ['numExposingChanges', (it) => it.protectionSummary.numExposing],
          ['numChangesLeavingOpen', (it) => it.protectionSummary.numLeavingOpen],
        ]),
    },
    {
      name: 'changes.csv',
      description: 'Each change of a verdict: when, of what, by which change and whom, and the endpoints',
      mediaType: 'text/csv',
      lists: 'protectionChanges',
      render: ({ protectionChanges }, piece) =>
        csv<ProtectionChangeRow>(
          [
            ['time', (row) => row.at],
            ['effect', (row) => row.effect],
            ['flag', (row) => row.flag],
            ['was', (row) => row.was],
            ['is', (row) => row.is],
            ['changes', (row) => row.changes.map(({ resource, what }) => `${what} ${resource}`)],
            ['actors', (row) => row.changes.map(({ actor }) => actor ?? '')],
            ['numEndpoints', (row) => row.endpoints.length],
            ['endpoints', (row) => row.endpoints],
          ],
          protectionChanges,
          piece,
        ),
    },
  ],
  uiSummary: ({ protectionSummary: { numTotal, numProtecting, numExposing, numLeavingOpen } }) =>
    panel('Changes of Protection', [
      ['Changes', 'Protecting', numProtecting, numTotal],
      ['Changes', 'Exposing', numExposing, numTotal],
      ['Changes', 'Leaving open', numLeavingOpen, numTotal],
    ]),
};
