import { AUDITED_RESOURCES } from '@margay/ground';
import { dump } from 'js-yaml';
import { summaryCsv } from '../head-columns.ts';
import { jsonList } from '../json/report-json.ts';
import type { Report } from '../report.ts';
import { WHOLE, type Piece, type BuiltInReportType } from '../report-type.ts';
import { panel } from '../ui-summary.ts';

/** Who changed which policy when. */
export const POLICY_AUDIT: BuiltInReportType = {
  name: 'policy-audit',
  answers: 'who created, changed and deleted which policy when',
  spec: {
    includeEndpointData: false,
    includeEndpointFlowLogData: false,
    auditEventsSelection: { resources: AUDITED_RESOURCES.map((resource) => ({ resource })) },
  },
  downloads: [
    {
      name: 'summary.csv',
      description: 'How many policies were created, modified and deleted',
      mediaType: 'text/csv',
      render: (report) =>
        summaryCsv(report, [
          ['numCreatedPolicies', (it) => it.auditSummary.numCreate],
          ['numModifiedPolicies', (it) => it.auditSummary.numModify],
          ['numDeletedPolicies', (it) => it.auditSummary.numDelete],
          // Reports of older releases do not say it.
          ['numUnsettledPolicies', (it) => it.auditSummary.numUnsettled ?? ''],
        ]),
    },
    {
      name: 'events.json',
      description: 'Each change of a policy, as JSON',
      mediaType: 'application/json',
      lists: 'auditEvents',
      render: renderJson,
    },
    {
      name: 'events.yaml',
      description: 'Each change of a policy, as YAML',
      mediaType: 'application/yaml',
      lists: 'auditEvents',
      render: renderYaml,
    },
  ],
  uiSummary: ({ auditSummary: { numTotal, numCreate, numModify, numDelete } }) =>
    panel('Network Policy Configuration Changes', [
      ['Network Policies', 'Created', numCreate, numTotal],
      ['Network Policies', 'Modified', numModify, numTotal],
      ['Network Policies', 'Deleted', numDelete, numTotal],
    ]),
};

function* renderJson({ auditEvents }: Report, piece: Piece = WHOLE): Iterable<string> {
  yield* jsonList(auditEvents, piece);
  if (piece.last) yield '\n';
}

function* renderYaml({ auditEvents }: Report, { first, last } = WHOLE): Iterable<string> {
  if (auditEvents.length === 0 && first && last) yield '[]\n';
  // A list of one, again and again, is a list. No anchors: people read this.
  for (const event of auditEvents) yield dump([event], { lineWidth: -1, noRefs: true });
}
