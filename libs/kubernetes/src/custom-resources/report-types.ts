import { AUDITED_RESOURCES } from '@margay/ground';
import type { ApiResource } from '../client/resources.ts';
import type { KubernetesClient } from '../client/client.ts';
import { API_VERSION } from './definition.ts';

/** The API group of users' manifests. */
export const DEFAULT_GROUP = 'projectcalico.org';

/** Whose fields are those of the objects that the product writes. */
export const FIELD_MANAGER = 'margay';

export const globalReports = (group: string = DEFAULT_GROUP): ApiResource => ({
  group,
  version: API_VERSION,
  resource: 'globalreports',
  namespaced: false,
});

export const globalReportTypes = (group: string = DEFAULT_GROUP): ApiResource => ({
  group,
  version: API_VERSION,
  resource: 'globalreporttypes',
  namespaced: false,
});

export interface GlobalReportType {
  readonly apiVersion: string;
  readonly kind: 'GlobalReportType';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

const file = (name: string, description: string) => ({ name, description, template: '' });

const SUMMARY = file(
  'summary.csv',
  'How many endpoints, namespaces and service accounts, and how many of them protected',
);

const SPECS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  inventory: {
    includeEndpointData: true,
    downloadTemplates: [
      SUMMARY,
      file('endpoints.csv', 'Each endpoint: its protection, policies and services'),
      file('namespaces.csv', 'Each namespace: the protection of its endpoints'),
      file('services.csv', 'Each service: the protection of its endpoints'),
    ],
  },
  'network-access': {
    includeEndpointData: true,
    includeEndpointFlowLogData: true,
    downloadTemplates: [
      SUMMARY,
      file('endpoints.csv', 'Each endpoint: its protection, what it is open to, and with whom it spoke'),
    ],
  },
  'policy-audit': {
    auditEventsSelection: { resources: AUDITED_RESOURCES.map((resource) => ({ resource })) },
    downloadTemplates: [
      file('summary.csv', 'How many policies were created, modified and deleted'),
      file('events.json', 'Each change of a policy, as JSON'),
      file('events.yaml', 'Each change of a policy, as YAML'),
    ],
  },
};

/** The types of report that are built in, as objects of an API group. Their tables are written by the product. */
export function predefinedReportTypes(group: string = DEFAULT_GROUP): GlobalReportType[] {
  return Object.entries(SPECS).map(([name, spec]) => ({
    apiVersion: `${group}/${API_VERSION}`,
    kind: 'GlobalReportType',
    metadata: { name, labels: { 'global-report-type': name } },
    spec: { ...spec, uiSummaryTemplate: file('ui-summary.json', 'The rings of the list of reports') },
  }));
}

/** Makes the types that are built in exist in the cluster, and say what they should. Doing so again changes nothing. */
export async function installReportTypes(
  client: KubernetesClient,
  group: string = DEFAULT_GROUP,
): Promise<void> {
  for (const type of predefinedReportTypes(group)) {
    await client.apply(globalReportTypes(group), { name: type.metadata.name }, type, {
      manager: FIELD_MANAGER,
      force: true,
    });
  }
}
