import { at, type Instant, parseInstant } from '@margay/ground';
import {
  readGlobalReport,
  readReportType,
  REPORT_TYPES,
  type GlobalReport,
  type ReadReportType,
} from '@margay/reports';
import type { KubernetesClient } from '../client/client.ts';
import { isForbidden } from '../client/errors.ts';
import type { ApiObject, ApiResource } from '../client/resources.ts';
import { DEFAULT_GROUP, globalReports, globalReportTypes } from '../custom-resources/report-types.ts';
import type { Interrupted, Projection } from '../watch/notices.ts';
import { reflect, type ReflectOptions } from '../watch/reflect.ts';
import type { Condition } from './conditions.ts';
import type { GlobalReportStatus, ScheduleProblem } from './status.ts';
import type { GlobalReportObject } from './write-status.ts';

/** A GlobalReport of the cluster: what it asks for, or why that cannot be done. */
export interface ClusterReport {
  readonly name: string;
  readonly uid: string;
  readonly apiVersion: string;
  readonly generation: number;
  readonly createdAt: Instant | undefined;
  /** Undefined where there is a problem. */
  readonly report: GlobalReport | undefined;
  readonly problem: ScheduleProblem | undefined;
  readonly status: GlobalReportStatus | undefined;
}

/** The GlobalReports by name, complete at some instant. */
export interface ClusterReports {
  readonly reports: ReadonlyMap<string, ClusterReport>;
  /** Set while the API server cannot be asked: the reports are as they were last. */
  readonly interruption?: Interrupted;
}

type Options = Pick<
  ReflectOptions<unknown>,
  'signal' | 'retryMilliseconds' | 'retryMaxMilliseconds' | 'now'
> & {
  readonly group?: string;
};

/**
 * The GlobalReports of the cluster, again whenever something of them has changed; see `reflect`.
 *
 * The first set comes when the first list is complete. A report whose type was deleted, or that a condition cannot be
 * made of, is in it with its problem.
 */
export async function* followGlobalReports(
  client: KubernetesClient,
  { group = DEFAULT_GROUP, ...options }: Options = {},
): AsyncGenerator<ClusterReports> {
  for await (const { objects, interruption } of followByName(
    client,
    globalReports(group),
    options,
    clusterReport,
  ))
    yield { reports: objects, ...(interruption && { interruption }) };
}

/** The objects of a resource by name, complete at some instant. */
interface ByName<T> {
  readonly objects: ReadonlyMap<string, T>;
  readonly interruption?: Interrupted;
}

/** The objects of a resource without namespaces, again whenever one of them has changed, and when they are followed again. */
async function* followByName<T>(
  client: KubernetesClient,
  resource: ApiResource,
  options: Omit<Options, 'group'>,
  read: (object: ApiObject) => T,
): AsyncGenerator<ByName<T>> {
  const objects = new Map<string, { readonly uid: string; readonly is: T }>();
  let complete = false;
  /** They are told with the next whole set, changed or not: the first one, and that after an interruption. */
  let isOwed = true;
  for await (const { notices, position } of reflect(client, resource, { ...options, project: whole })) {
    let changed = false;
    let interruption: Interrupted | undefined;
    for (const notice of notices) {
      if (notice.what === 'upserted') {
        changed = true;
        objects.set(notice.identity.name, { uid: notice.identity.uid, is: read(notice.object) });
      } else if (notice.what === 'deleted') {
        // Another object of the name may have come first.
        changed = true;
        if (objects.get(notice.identity.name)?.uid === notice.identity.uid)
          objects.delete(notice.identity.name);
      } else if (notice.what === 'interrupted') interruption = notice;
    }
    const isWhole: boolean = position !== undefined;
    const isDue = isOwed && isWhole;
    complete ||= isWhole;
    isOwed = interruption !== undefined || (isOwed && !isWhole);
    if ((complete && changed) || isDue || interruption) {
      yield {
        objects: new Map([...objects].map(([name, { is }]) => [name, is])),
        ...(interruption && { interruption }),
      };
    }
  }
}

/** The report types of a cluster by name. */
export type ClusterReportTypes = ReadonlyMap<string, ClusterReportType>;

/** A report type of the cluster: what it says, and the object that says it; those that are built in need none. */
export interface ClusterReportType {
  readonly read: ReadReportType;
  readonly object?: ReportTypeObject;
}

/** A GlobalReportType as the API server holds it. */
export interface ReportTypeObject extends ApiObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** The report types that exist in the cluster, as they are now. */
export async function clusterReportTypes(
  client: KubernetesClient,
  group: string = DEFAULT_GROUP,
): Promise<ClusterReportTypes> {
  const types = await client.listAll(globalReportTypes(group));
  return new Map(types.map((type) => [type.metadata.name, readType(type)]));
}

/** The report types of the cluster, as `followGlobalReports` gives the reports. */
export async function* followReportTypes(
  client: KubernetesClient,
  { group = DEFAULT_GROUP, ...options }: Options = {},
): AsyncGenerator<{ readonly types: ClusterReportTypes; readonly interruption?: Interrupted }> {
  for await (const { objects, interruption } of followByName(
    client,
    globalReportTypes(group),
    options,
    readType,
  ))
    yield { types: objects, ...(interruption && { interruption }) };
}

const readType = (object: ReportTypeObject): ClusterReportType => ({ read: readReportType(object), object });

/** A GlobalReport with what its type is made of, or why it cannot be scheduled. */
export function withType(
  { report, problem }: ClusterReport,
  types: ClusterReportTypes,
): { readonly report: GlobalReport } | { readonly problem: ScheduleProblem } {
  if (report === undefined) return { problem: problem ?? missingType('') };
  const { reportType } = report.spec;
  const read = types.get(reportType)?.read;
  if (read === undefined) return { problem: missingType(reportType) };
  if ('builtIn' in read) return { report };
  if ('type' in read) return { report: { ...report, typeSpec: read.type.spec } };
  const message = `GlobalReportType ${reportType}: ${read.problems.join(' ')}`;
  return { problem: { reason: 'InvalidReportType', message } };
}

/** Why a report of a type that does not exist (any more) is not scheduled. */
export function missingType(reportType: string): ScheduleProblem {
  return {
    reason: 'ReportTypeMissing',
    message: `There is no GlobalReportType ${reportType} (any more). What is missed is made up for when there is one again.`,
  };
}

/** Reads a GlobalReport as the API server holds it. */
export function clusterReport(object: GlobalReportObject): ClusterReport {
  const { metadata, status } = object;
  const read = readGlobalReport(object, 'any');
  const problems = 'problems' in read ? read.problems : [];
  const [first] = problems;
  const isDropped = 'report' in read && read.report.spec.clusters === undefined && wasOverClusters(object);
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    apiVersion: object.apiVersion ?? '',
    generation: metadata.generation ?? 0,
    createdAt: parseInstant(metadata.creationTimestamp),
    report: 'report' in read && !isDropped ? read.report : undefined,
    problem: isDropped
      ? CLUSTERS_DROPPED
      : first && { reason: reasonOf(first.field), message: problems.map(String).join(' ') },
    status,
  };
}

/** What `kubectl apply` notes of what it was given. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whether it was applied with `spec.clusters`. A definition that does not know the field, or Calico’s own API server, drops it without a word. */
function wasOverClusters({ metadata }: GlobalReportObject): boolean {
  const applied = metadata.annotations?.[LAST_APPLIED];
  if (applied === undefined) return false;
  try {
    return (at(JSON.parse(applied), 'spec', 'clusters') ?? undefined) !== undefined;
  } catch {
    return false;
  }
}

const CLUSTERS_DROPPED: ScheduleProblem = {
  reason: 'ClustersDropped',
  message:
    'spec.clusters was applied, and the API server does not have it: its definition of GlobalReports is not of this release (apply the chart’s crds), or somebody else serves them (docs/coexistence.md). Of its own cluster alone it is not run. Where it was taken out by hand, apply the manifest again without it.',
};

function reasonOf(field: string): string {
  if (field === 'spec.schedule') return 'InvalidSchedule';
  return field.endsWith('.selector') ? 'InvalidSelector' : 'InvalidSpec';
}

function whole(object: ApiObject): Projection<ApiObject> {
  const { uid = '', resourceVersion = '', name } = object.metadata;
  return { uid, resourceVersion, namespace: '', name, content: object };
}

/** One GlobalReport. @throws Error where there is none of that name, or what it asks for cannot be done. */
export async function findGlobalReport(
  client: KubernetesClient,
  name: string,
  group: string = DEFAULT_GROUP,
): Promise<GlobalReport> {
  const found = await client.find(globalReports(group), { name });
  if (found === undefined)
    throw new Error(`There is no GlobalReport ${name}: kubectl get globalreports shows all`);
  const known = clusterReport(found);
  const typeName = known.report?.spec.reportType ?? '';
  const read = withType(known, await typeNamed(client, typeName, group));
  if ('problem' in read) throw new Error(`GlobalReport ${name}: ${read.problem.message}`);
  if (read.report.spec.clusters !== undefined)
    throw new Error(
      `GlobalReport ${name} is about many clusters (spec.clusters), whose runs its scheduler makes: ask for one by the API (margay run), or run a report without it`,
    );
  return read.report;
}

/** The type of this name, if there is one. Those that are built in need no object, and no right to read one. */
async function typeNamed(client: KubernetesClient, name: string, group: string): Promise<ClusterReportTypes> {
  const isBuiltIn = REPORT_TYPES.has(name);
  const type = await client.find(globalReportTypes(group), { name }).catch((error: unknown) => {
    if (isBuiltIn && isForbidden(error)) return undefined;
    throw error;
  });
  if (type !== undefined) return new Map([[name, readType(type)]]);
  return new Map(isBuiltIn ? [[name, { read: { builtIn: name } }]] : []);
}
