import { at, fields, list, text } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import type { ApiObject, ApiResource } from '../client/resources.ts';
import { API_SERVICES } from '../watch/api-services.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { DEFAULT_GROUP, OWN_GROUP } from './report-types.ts';

/** Custom resource definitions. */
export const DEFINITIONS: ApiResource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  namespaced: false,
};
const SERVICES: ApiResource = { group: '', version: 'v1', resource: 'services', namespaced: true };

/** What there is of GlobalReports and of Calico in a cluster, by the names of the objects that say so. */
export interface GroupState {
  /** `v3.projectcalico.org`. */
  readonly apiService?: ApiObject;
  /** The Services `calico-api`: of Calico's API server. */
  readonly calicoServices: readonly ApiObject[];
  readonly definitions: ReadonlyMap<string, ApiObject>;
}

/** Something that was found: a problem keeps GlobalReports, or Calico, from working. */
export interface GroupFinding {
  readonly isProblem: boolean;
  readonly message: string;
}

const CALICO_STORAGE = 'clusterinformations.crd.projectcalico.org';
const namesIn = (group: string) => customResourceDefinitions(group).map(({ metadata }) => metadata.name);

/** Looks at a cluster, with the rights of the ingestor. @throws what the API server refuses. */
export async function lookAtGroups(client: KubernetesClient, group: string): Promise<GroupState> {
  const named = async (resource: ApiResource, name: string): Promise<ApiObject[]> => {
    const found: ApiObject[] = [];
    for await (const { items } of client.list(resource, { fieldSelector: `metadata.name=${name}` }))
      found.push(...items);
    return found;
  };
  const names = [...new Set([group, DEFAULT_GROUP, OWN_GROUP].flatMap(namesIn)), CALICO_STORAGE];
  const [[apiService], calicoServices, definitions] = await Promise.all([
    named(API_SERVICES, `v3.${DEFAULT_GROUP}`),
    named(SERVICES, 'calico-api'),
    Promise.all(names.map((name) => named(DEFINITIONS, name))),
  ]);
  return {
    ...(apiService && { apiService }),
    calicoServices,
    definitions: new Map(definitions.flat().map((each) => [each.metadata.name, each])),
  };
}

/** What is to be said of a cluster whose GlobalReports are to be in `group`. */
export function findingsOf(state: GroupState, group: string): GroupFinding[] {
  return [...ofApiServers(state, group), ...ofDefinitions(state, group), ...ofOtherGroups(state, group)];
}

const problem = (message: string): GroupFinding => ({ isProblem: true, message });
const note = (message: string): GroupFinding => ({ isProblem: false, message });
const STEPS = 'docs/coexistence.md has the steps';
const placeOf = (namespace: unknown, name: unknown) => `${text(namespace)}/${text(name)}`;

/** Who serves the group of Calico. */
function ofApiServers(
  { apiService, calicoServices, definitions }: GroupState,
  group: string,
): GroupFinding[] {
  const service = fields(at(apiService, 'spec', 'service'));
  const isCalicos = group === DEFAULT_GROUP;
  if (text(service['name']) !== '') {
    const who = `The API server ${placeOf(service['namespace'], service['name'])}`;
    const serves = `${who} serves ${DEFAULT_GROUP}/v3`;
    return [
      isCalicos
        ? problem(`${serves}, so that no GlobalReport of that group can be reached: ${STEPS}.`)
        : note(`${serves}: GlobalReports are ${group}/v3.`),
      ...unavailable(apiService!).map((why) => note(`${who} is not available: ${why}.`)),
    ];
  }
  if (!isCalicos) return [];
  const [calico] = calicoServices;
  if (calico !== undefined)
    return [
      problem(
        `Calico’s API server is there (Service ${placeOf(calico.metadata.namespace, calico.metadata.name)}) and does not serve ${DEFAULT_GROUP}/v3, which the definitions of GlobalReports keep from it: ${STEPS}.`,
      ),
    ];
  if (definitions.has(CALICO_STORAGE))
    return [
      note(
        `Calico is there, and its API server may come: then it and the definitions of GlobalReports in ${DEFAULT_GROUP} are at odds. ${STEPS}.`,
      ),
    ];
  return [];
}

function unavailable(apiService: ApiObject): string[] {
  const conditions = list(at(apiService, 'status', 'conditions')).map(fields);
  const available = conditions.find(({ type }) => type === 'Available');
  return available?.['status'] === 'False' ? [text(available['message']) || text(available['reason'])] : [];
}

/** Whether the definitions are there, and know what this release writes. */
function ofDefinitions({ definitions }: GroupState, group: string): GroupFinding[] {
  return customResourceDefinitions(group).flatMap(({ metadata: { name }, spec }) => {
    const found = definitions.get(name);
    if (found === undefined)
      return [problem(`There is no definition ${name}: apply the chart’s, with crds.enabled.`)];
    const dropped = fieldsBeyond(found['spec'], spec);
    return dropped.length === 0
      ? []
      : [
          note(
            `The definition ${name} is not of this release: the API server drops ${dropped.join(', ')}, which it does not know.`,
          ),
        ];
  });
}

/** The fields that `spec` of a definition knows and `base` does not, as paths. */
export function fieldsBeyond(base: unknown, spec: unknown): string[] {
  const known = new Set(knownFields(base));
  return knownFields(spec).filter((path) => !known.has(path));
}

/** The fields of spec and status that a definition of v3 knows, as paths. */
function knownFields(spec: unknown): string[] {
  const versions = list(at(spec, 'versions')).map(fields);
  const served = versions.find(({ name }) => name === 'v3') ?? versions[0];
  return ['spec', 'status'].flatMap((part) =>
    Object.keys(fields(at(served, 'schema', 'openAPIV3Schema', 'properties', part, 'properties'))).map(
      (field) => `${part}.${field}`,
    ),
  );
}

/** GlobalReports that nobody looks at. */
const ofOtherGroups = ({ definitions }: GroupState, group: string): GroupFinding[] =>
  [DEFAULT_GROUP, OWN_GROUP]
    .filter((other) => other !== group && definitions.has(`globalreports.${other}`))
    .map((other) =>
      note(`There are definitions of GlobalReports in ${other}, too: those there are not looked at.`),
    );
