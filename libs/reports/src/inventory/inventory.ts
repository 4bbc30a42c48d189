import { csv, notKnownColumn } from '../csv.ts';
import { summaryCsv } from '../head-columns.ts';
import type { ReportHeader } from '../report.ts';
import type { BuiltInReportType } from '../report-type.ts';
import { panel, type UiSummary } from '../ui-summary.ts';

/** Which endpoints, namespaces and services were in scope, and whether policy protected them all the time. */
export const INVENTORY: BuiltInReportType = {
  name: 'inventory',
  answers: 'which endpoints, namespaces and services existed, and were they always protected',
  spec: {
    includeEndpointData: true,
    includeEndpointFlowLogData: false,
    auditEventsSelection: { resources: [] },
  },
  downloads: [
    {
      name: 'summary.csv',
      description: 'How many endpoints, namespaces and service accounts, and how many of them protected',
      mediaType: 'text/csv',
      render: (report) =>
        summaryCsv(report, [
          ['endpointsNumInScope', (it) => it.endpointsSummary.numTotal],
          ['endpointsNumIngressProtected', (it) => it.endpointsSummary.numIngressProtected],
          ['endpointsNumEgressProtected', (it) => it.endpointsSummary.numEgressProtected],
          ['namespacesNumInScope', (it) => it.namespacesSummary.numTotal],
          ['namespacesNumIngressProtected', (it) => it.namespacesSummary.numIngressProtected],
          ['namespacesNumEgressProtected', (it) => it.namespacesSummary.numEgressProtected],
          ['serviceAccountsNumInScope', (it) => it.endpointsSummary.numServiceAccounts],
        ]),
    },
    {
      name: 'endpoints.csv',
      description: 'Each endpoint: its protection, policies and services',
      mediaType: 'text/csv',
      lists: 'endpoints',
      render: ({ endpoints }, piece) =>
        csv(
          [
            ['endpoint', (row) => row.endpoint],
            ['ingressProtected', (row) => row.ingressProtected],
            ['egressProtected', (row) => row.egressProtected],
            ['envoyEnabled', (row) => row.envoyEnabled],
            ['appliedPolicies', (row) => row.appliedPolicies],
            ['services', (row) => row.services],
            notKnownColumn(['ingressProtected', 'egressProtected', 'envoyEnabled']),
          ],
          endpoints,
          piece,
        ),
    },
    {
      name: 'namespaces.csv',
      description: 'Each namespace: the protection of its endpoints',
      mediaType: 'text/csv',
      lists: 'namespaces',
      render: ({ namespaces }, piece) =>
        csv(
          [
            ['namespace', (row) => row.namespace],
            ['ingressProtected', (row) => row.ingressProtected],
            ['egressProtected', (row) => row.egressProtected],
            ['envoyEnabled', (row) => row.envoyEnabled],
            notKnownColumn(['ingressProtected', 'egressProtected', 'envoyEnabled']),
          ],
          namespaces,
          piece,
        ),
    },
    {
      name: 'services.csv',
      description: 'Each service: the protection of its endpoints',
      mediaType: 'text/csv',
      lists: 'services',
      render: ({ services }, piece) =>
        csv(
          [
            ['service', (row) => row.service],
            ['ingressProtected', (row) => row.ingressProtected],
            ['envoyEnabled', (row) => row.envoyEnabled],
            notKnownColumn(['ingressProtected', 'envoyEnabled']),
          ],
          services,
          piece,
        ),
    },
  ],
  uiSummary: inScopeVersusProtected,
};

/** Four rings: endpoints and namespaces that were always protected, of those in scope. */
export function inScopeVersusProtected({ endpointsSummary, namespacesSummary }: ReportHeader): UiSummary {
  const [endpoints, namespaces] = [endpointsSummary.numTotal, namespacesSummary.numTotal];
  return panel('Inscope vs Protected', [
    [
      'Endpoints',
      'Protected ingress',
      endpointsSummary.numIngressProtected,
      endpoints,
      endpointsSummary.numNotKnownIngressProtected,
    ],
    [
      'Namespaces',
      'Protected ingress',
      namespacesSummary.numIngressProtected,
      namespaces,
      namespacesSummary.numNotKnownIngressProtected,
    ],
    [
      'Endpoints',
      'Protected egress',
      endpointsSummary.numEgressProtected,
      endpoints,
      endpointsSummary.numNotKnownEgressProtected,
    ],
    [
      'Namespaces',
      'Protected egress',
      namespacesSummary.numEgressProtected,
      namespaces,
      namespacesSummary.numNotKnownEgressProtected,
    ],
  ]);
}
