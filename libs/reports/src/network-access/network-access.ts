import { csv, notKnownColumn } from '../csv.ts';
import { summaryCsv } from '../head-columns.ts';
import { inScopeVersusProtected } from '../inventory/inventory.ts';
import { type EndpointRow, FLAGS, type Report } from '../report.ts';
import type { Piece, BuiltInReportType } from '../report-type.ts';
import { FlowPeers } from '../rows/flows.ts';

/** With whom endpoints in scope might talk, and with whom they did. */
export const NETWORK_ACCESS: BuiltInReportType = {
  name: 'network-access',
  answers: 'what could they talk to (internet, other namespaces), and who talked to whom',
  spec: {
    includeEndpointData: true,
    includeEndpointFlowLogData: true,
    auditEventsSelection: { resources: [] },
  },
  downloads: [
    {
      name: 'summary.csv',
      description: 'How many endpoints, namespaces and service accounts, and how many of them protected',
      mediaType: 'text/csv',
      render: (report) => summaryCsv(report, SUMMARY_COLUMNS),
    },
    {
      name: 'endpoints.csv',
      description: 'Each endpoint: its protection, what it is open to, and with whom it spoke',
      mediaType: 'text/csv',
      lists: 'endpoints',
      needs: ['flows'],
      render: renderEndpoints,
    },
  ],
  // As it always was: the exposures are in the downloads.
  uiSummary: inScopeVersusProtected,
};

type Summary = Report['endpointsSummary'];
const column = (header: string, count: (summary: Summary) => number) =>
  [header, ({ endpointsSummary }: Report) => count(endpointsSummary)] as const;

/** Of those that are not known it is not said that they were unprotected. */
const unprotectedIngress = (it: Summary) =>
  it.numTotal - it.numIngressProtected - it.numNotKnownIngressProtected;
const unprotectedEgress = (it: Summary) =>
  it.numTotal - it.numEgressProtected - it.numNotKnownEgressProtected;

const SUMMARY_COLUMNS = [
  column('endpointsNumIngressProtected', (it) => it.numIngressProtected),
  column('endpointsNumEgressProtected', (it) => it.numEgressProtected),
  column('endpointsNumIngressUnprotected', unprotectedIngress),
  column('endpointsNumEgressUnprotected', unprotectedEgress),
  column('endpointsNumIngressFromInternet', (it) => it.numIngressFromInternet),
  column('endpointsNumEgressToInternet', (it) => it.numEgressToInternet),
  column('endpointsNumIngressFromOtherNamespace', (it) => it.numIngressFromOtherNamespace),
  column('endpointsNumEgressToOtherNamespace', (it) => it.numEgressToOtherNamespace),
  column('endpointsNumEnvoyEnabled', (it) => it.numEnvoyEnabled),
  column('endpointsNumIngressNotKnown', (it) => it.numNotKnownIngressProtected),
  column('endpointsNumEgressNotKnown', (it) => it.numNotKnownEgressProtected),
];

/** Made once for the pieces of a file. */
const peersOf = new WeakMap<Report['flows'], FlowPeers>();

function renderEndpoints({ endpoints, flows }: Report, piece?: Piece): Iterable<string> {
  const peers = peersOf.get(flows) ?? new FlowPeers(flows);
  peersOf.set(flows, peers);
  return csv<EndpointRow>(
    [
      ['endpoint', (row) => row.endpoint],
      ['ingressProtected', (row) => row.ingressProtected],
      ['egressProtected', (row) => row.egressProtected],
      ['ingressFromInternet', (row) => row.ingressFromInternet],
      ['egressToInternet', (row) => row.egressToInternet],
      ['ingressFromOtherNamespace', (row) => row.ingressFromOtherNamespace],
      ['egressToOtherNamespace', (row) => row.egressToOtherNamespace],
      ['envoyEnabled', (row) => row.envoyEnabled],
      ['appliedPolicies', (row) => row.appliedPolicies],
      ['trafficAggregationPrefix', (row) => row.flowLogAggregationName],
      ['endpointsGeneratingTrafficToThisEndpoint', (row) => peers.sendersTo(row)],
      ['endpointsReceivingTrafficFromThisEndpoint', (row) => peers.receiversFrom(row)],
      notKnownColumn(FLAGS),
    ],
    endpoints,
    piece,
  );
}
