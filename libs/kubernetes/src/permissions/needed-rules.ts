import { CANARY_OBJECT, DOUBTED_KINDS, SETTINGS_OBJECTS } from '@margay/ground';
import { DEFAULT_GROUP } from '../custom-resources/report-types.ts';
import { LEASES, reportsLease } from '../leading/leadership.ts';
import { API_SERVICES } from '../watch/api-services.ts';
import { waysToServe } from '../watch/watchable-kinds.ts';

/** One rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only these objects; any where absent. */
  readonly resourceNames?: readonly string[];
}

/** What each part of the product needs of the API server, and no more. */
export interface NeededRules {
  /** In the whole cluster. */
  readonly cluster: readonly PolicyRule[];
  /** In the namespace of Jobs only. */
  readonly jobs: readonly PolicyRule[];
  /** In the namespace `default`, where events about cluster-scoped objects lie, and the Lease of who schedules them. */
  readonly events: readonly PolicyRule[];
  /** In its own namespace, where canaries are written. */
  readonly canary: readonly PolicyRule[];
}

export type Part = 'ingestor' | 'scheduler' | 'worker' | 'asker' | 'api';

/** The rules of a part, for GlobalReports in this API group. */
export function neededRules(part: Part, group: string = DEFAULT_GROUP): NeededRules {
  const none: NeededRules = { cluster: [], jobs: [], events: [], canary: [] };
  switch (part) {
    case 'ingestor':
      return { ...none, cluster: watchRules(), canary: canaryRules() };
    case 'scheduler':
      return {
        ...none,
        cluster: [
          rule(group, ['globalreports'], ['get', 'list', 'watch']),
          rule(group, ['globalreports/status', 'globalreporttypes/status'], ['update']),
          rule(group, ['globalreporttypes'], ['get', 'list', 'watch', 'create', 'patch']),
        ],
        jobs: [
          rule('', ['podtemplates'], ['get']),
          rule('batch', ['jobs'], ['get', 'list', 'watch', 'create', 'delete']),
        ],
        events: [rule('', ['events'], ['get', 'create', 'patch']), ...leadingRules(group)],
      };
    case 'worker':
      // For Jobs and pods that make one report.
      return { ...none, cluster: [rule(group, ['globalreports', 'globalreporttypes'], ['get'])] };
    case 'asker':
      // For pods that ask a running Margay for one report.
      return { ...none, cluster: [rule(group, ['globalreports'], ['get', 'list', 'update'])] };
    case 'api':
      return {
        ...none,
        cluster: [
          rule('authentication.k8s.io', ['tokenreviews'], ['create']),
          rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
        ],
      };
  }
}

/** Making one Lease, and reading and writing it. */
function leadingRules(of: string): PolicyRule[] {
  const { group, resource } = LEASES;
  return [
    rule(group, [resource], ['create']),
    { ...rule(group, [resource], ['get', 'patch']), resourceNames: [reportsLease(of).name] },
  ];
}

/** Making one Lease, and reading, writing and watching it. */
function canaryRules(): PolicyRule[] {
  const { group, resource, name } = CANARY_OBJECT;
  return [
    rule(group, [resource], ['create']),
    { ...rule(group, [resource], ['get', 'list', 'watch', 'patch']), resourceNames: [name] },
  ];
}

/** Following what network plugins are set up by: these ConfigMaps alone. */
function settingsRule(): PolicyRule {
  const resourceNames = [...new Set(SETTINGS_OBJECTS.map(({ name }) => name))];
  return { ...rule('', ['configmaps'], ['list', 'watch']), resourceNames };
}

/** List and watch of every kind in the history, in whichever group it is served, and of what says which are served. */
function watchRules(): PolicyRule[] {
  const byGroup = new Map<string, Set<string>>();
  for (const { group, resource } of [API_SERVICES, ...DOUBTED_KINDS.flatMap(waysToServe)]) {
    const resources = byGroup.get(group) ?? new Set();
    byGroup.set(group, resources.add(resource));
  }
  const ofKinds = [...byGroup].map(([group, resources]) => rule(group, [...resources], ['list', 'watch']));
  return [...ofKinds, settingsRule(), datingRule()];
}

/** Telling by the renewals of leases when something was written that was told late. */
const datingRule = (): PolicyRule => rule(LEASES.group, [LEASES.resource], ['list', 'watch']);

function rule(group: string, resources: readonly string[], verbs: readonly string[]): PolicyRule {
  return { apiGroups: [group], resources, verbs };
}
