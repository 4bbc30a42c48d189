import { Struct, type FieldType, type Shape } from '@margay/go-template';
import type { EndpointRow, NamespaceRow, Report, ServiceRow } from '../report.ts';
import { printPeer } from '../rows/flows.ts';
import type { FlowEndpoint } from '../report.ts';
import { MICRO_TIME, TIME } from './go-time.ts';
import { printedResource, resourceIdOf } from './resource-id.ts';

/** A struct whose Go names are its JSON names with a capital, but for those that are given. */
function shape(
  name: string,
  fields: Readonly<Record<string, FieldType>>,
  goNames: Readonly<Record<string, string>> = {},
  text?: (json: unknown) => string,
): Shape {
  return {
    name,
    fields: Object.entries(fields).map(([json, type]) => [
      goNames[json] ?? json.charAt(0).toUpperCase() + json.slice(1),
      json,
      type,
    ]),
    ...(text && { text }),
  };
}

const all = <T extends FieldType>(type: T, ...names: readonly string[]): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, type]));

const TEXTS: FieldType = { list: 'string' };
const API = { apiVersion: 'APIVersion', apiGroup: 'APIGroup', uid: 'UID', uuid: 'UUID' };

const RESOURCE_ID = shape(
  'ResourceID',
  all('string', 'kind', 'apiVersion', 'name', 'namespace', 'uuid'),
  API,
  printedResource,
);

const EXPOSURE = all(
  'bool',
  'ingressProtected',
  'egressProtected',
  'ingressFromInternet',
  'egressToInternet',
  'ingressFromOtherNamespace',
  'egressToOtherNamespace',
  'envoyEnabled',
);
const UNPROTECTED = shape('Unprotected', {
  intervals: { list: shape('Interval', all(MICRO_TIME, 'from', 'to')) },
  more: 'int',
});

/** One endpoint. Functions on endpoints, as `flowsPrefix`, take these. */
export const ENDPOINT = shape('EndpointsReportEndpoint', {
  endpoint: RESOURCE_ID,
  ...EXPOSURE,
  appliedPolicies: { list: RESOURCE_ID },
  services: { list: RESOURCE_ID },
  serviceAccount: RESOURCE_ID,
  flowLogAggregationName: 'string',
  inScopeFrom: MICRO_TIME,
  inScopeTo: MICRO_TIME,
  unprotectedIngress: UNPROTECTED,
  unprotectedEgress: UNPROTECTED,
});

const COUNTS = all(
  'int',
  'numTotal',
  'numServiceAccounts',
  'numIngressProtected',
  'numEgressProtected',
  'numIngressFromInternet',
  'numEgressToInternet',
  'numIngressFromOtherNamespace',
  'numEgressToOtherNamespace',
  'numEnvoyEnabled',
);
const SUMMARY = shape('EndpointsSummary', COUNTS);

const FLOW_ENDPOINT = shape(
  'FlowEndpoint',
  { ...all('string', 'kind', 'name'), nameIsAggregationPrefix: 'bool', namespace: 'string' },
  {},
  (json) => printPeer(json as FlowEndpoint),
);

const USER = shape('UserInfo', { ...all('string', 'username', 'uid'), groups: TEXTS, extra: 'map' }, API);
const EVENT = shape(
  'Event',
  {
    ...all('string', 'kind', 'apiVersion', 'level', 'auditID', 'stage', 'requestURI', 'verb'),
    user: USER,
    impersonatedUser: { pointer: USER },
    sourceIPs: TEXTS,
    userAgent: 'string',
    objectRef: {
      pointer: shape(
        'ObjectReference',
        all(
          'string',
          'resource',
          'namespace',
          'name',
          'uid',
          'apiGroup',
          'apiVersion',
          'resourceVersion',
          'subresource',
        ),
        API,
      ),
    },
    responseStatus: {
      pointer: shape('Status', {
        ...all('string', 'status', 'message', 'reason'),
        details: 'any',
        code: 'int',
      }),
    },
    requestObject: 'any',
    responseObject: 'any',
    requestReceivedTimestamp: MICRO_TIME,
    stageTimestamp: MICRO_TIME,
    annotations: 'map',
  },
  API,
);

const NAMES_AND_LABELS: FieldType = {
  pointer: shape('NamesAndLabelsMatch', { names: TEXTS, selector: 'string' }),
};
const TEMPLATE = shape('ReportTemplate', all('string', 'name', 'description', 'template'));

const PROTECTION_CHANGE = shape('ProtectionChange', {
  at: TIME,
  ...all('string', 'flag', 'was', 'is', 'effect'),
  changes: { list: shape('ProtectionCause', all('string', 'resource', 'what', 'actor')) },
  ...all(TEXTS, 'endpoints', 'doubts'),
});

/** What a template of a report type is rendered over: the documented ReportData, and what this product adds. */
const REPORT_DATA = shape(
  'ReportData',
  {
    ...all('string', 'reportName', 'reportTypeName'),
    reportSpec: shape(
      'ReportSpec',
      {
        reportType: 'string',
        endpoints: {
          pointer: shape('EndpointsSelection', {
            selector: 'string',
            namespaces: NAMES_AND_LABELS,
            serviceAccounts: NAMES_AND_LABELS,
          }),
        },
        schedule: 'string',
        jobNodeSelector: 'map',
        suspend: 'bool',
        cis: 'any',
      },
      { cis: 'CIS' },
    ),
    reportTypeSpec: shape(
      'ReportTypeSpec',
      {
        uiSummaryTemplate: TEMPLATE,
        downloadTemplates: { list: TEMPLATE },
        ...all('bool', 'includeEndpointData', 'includeEndpointFlowLogData', 'includeCISBenchmarkData'),
      },
      { uiSummaryTemplate: 'UISummaryTemplate' },
    ),
    ...all(TIME, 'startTime', 'endTime', 'generationTime'),
    endpoints: { list: ENDPOINT },
    endpointsSummary: SUMMARY,
    namespaces: { list: shape('EndpointsReportNamespace', { namespace: RESOURCE_ID, ...EXPOSURE }) },
    namespacesSummary: SUMMARY,
    services: {
      list: shape('EndpointsReportService', {
        service: RESOURCE_ID,
        ...all(
          'bool',
          'ingressProtected',
          'ingressFromInternet',
          'ingressFromOtherNamespace',
          'envoyEnabled',
        ),
      }),
    },
    servicesSummary: SUMMARY,
    auditEvents: { list: EVENT },
    auditSummary: shape(
      'AuditSummary',
      all('int', 'numTotal', 'numCreate', 'numModify', 'numDelete', 'numRefused', 'numUnsettled'),
    ),
    flows: { list: shape('EndpointsReportFlow', { source: FLOW_ENDPOINT, destination: FLOW_ENDPOINT }) },
    cisBenchmark: { list: 'any' },
    cisBenchmarkSummary: shape('CISBenchmarkSummary', {
      type: 'string',
      ...all('int', 'highCount', 'medCount', 'lowCount'),
    }),
    cluster: 'string',
    evidence: 'any',
    refusedPolicyWrites: { list: EVENT },
    unsettledPolicyWrites: { list: EVENT },
    protectionChanges: { list: PROTECTION_CHANGE },
    protectionSummary: shape(
      'ProtectionSummary',
      all('int', 'numTotal', 'numProtecting', 'numExposing', 'numLeavingOpen'),
    ),
  },
  { cisBenchmark: 'CISBenchmark', cisBenchmarkSummary: 'CISBenchmarkSummary' },
);

/**
 * A report as templates of report types see it.
 *
 * Reports have no time of generation, so that the same evidence gives the same files: templates get the window's end.
 */
export function templateData(report: Report): Struct {
  return new Struct(REPORT_DATA, {
    ...report,
    generationTime: report.endTime,
    endpoints: report.endpoints.map(endpointData),
    namespaces: report.namespaces.map((row: NamespaceRow) => ({
      ...row,
      namespace: resourceIdOf(row.namespace),
    })),
    services: report.services.map((row: ServiceRow) => ({ ...row, service: resourceIdOf(row.service) })),
  });
}

const endpointData = (row: EndpointRow): object => ({
  ...row,
  endpoint: resourceIdOf(row.endpoint, row.uids.at(-1)),
  appliedPolicies: row.appliedPolicies.map((printed) => resourceIdOf(printed)),
  services: row.services.map((printed) => resourceIdOf(printed)),
  serviceAccount:
    row.serviceAccount === ''
      ? undefined
      : { kind: 'ServiceAccount', apiVersion: 'v1', name: row.serviceAccount, namespace: row.namespace },
  row,
});
