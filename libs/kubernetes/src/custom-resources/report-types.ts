import { BUILT_IN_LABEL, REPORT_TYPES, type ReportType } from '@margay/reports';
import type { ApiResource } from '../client/resources.ts';
import type { KubernetesClient } from '../client/client.ts';
import { API_VERSION } from './definition.ts';

/** The API group of users' manifests. */
export const DEFAULT_GROUP = 'projectcalico.org';

/** The product's own: of GlobalReports beside Calico, and of the clusters that a hub is asked about. */
export const OWN_GROUP = 'margay.io';

/** Stands in the chart's files for the API group of GlobalReports, which is a value there. */
export const GROUP_OF_THE_CHART = `${DEFAULT_GROUP}/GROUP`;

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

const template = (name: string, description = '') => ({ name, description, template: '' });

/** The spec of a type's object: what of the type's own description is not empty. */
function specOf({ spec, downloads }: ReportType): Readonly<Record<string, unknown>> {
  const { includeEndpointData, includeEndpointFlowLogData, includeProtectionChanges, auditEventsSelection } =
    spec;
  return {
    ...(includeEndpointData && { includeEndpointData }),
    ...(includeEndpointFlowLogData && { includeEndpointFlowLogData }),
    ...(includeProtectionChanges && { includeProtectionChanges }),
    ...(auditEventsSelection.resources.length > 0 && { auditEventsSelection }),
    downloadTemplates: downloads.map(({ name, description }) => template(name, description)),
    uiSummaryTemplate: template('ui-summary.json', 'The rings of the list of reports'),
  };
}

/** The types of report that are built in, as objects of an API group. Their tables are written by the product. */
export function predefinedReportTypes(group: string = DEFAULT_GROUP): GlobalReportType[] {
  return [...REPORT_TYPES.values()].map((type) => ({
    apiVersion: `${group}/${API_VERSION}`,
    kind: 'GlobalReportType',
    metadata: { name: type.name, labels: { [BUILT_IN_LABEL]: type.name } },
    spec: specOf(type),
  }));
}

/**
 * Makes the types that are built in exist in the cluster, and say what they should. Doing so again changes nothing. A type of
 * users that has the name of one is left as it is: `keepTypeConditions` refuses it aloud.
 *
 * @returns the names that types of users have taken.
 */
export async function installReportTypes(
  client: KubernetesClient,
  group: string = DEFAULT_GROUP,
): Promise<string[]> {
  const taken: string[] = [];
  for (const type of predefinedReportTypes(group)) {
    const { name } = type.metadata;
    const known = await client.find(globalReportTypes(group), { name });
    if (known !== undefined && known.metadata.labels?.[BUILT_IN_LABEL] !== name) taken.push(name);
    else
      await client.apply(globalReportTypes(group), { name }, type, { manager: FIELD_MANAGER, force: true });
  }
  return taken;
}
