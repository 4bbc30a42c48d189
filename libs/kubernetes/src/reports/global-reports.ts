import { parseInstant, type Instant } from '@margay/history';
import { readGlobalReport, type GlobalReport } from '@margay/reports';
import type { KubernetesClient } from '../client/client.ts';
import type { ApiObject } from '../client/resources.ts';
import { DEFAULT_GROUP, globalReports, globalReportTypes } from '../custom-resources/report-types.ts';
import type { Interrupted, Projection } from '../watch/notices.ts';
import { reflect, type ReflectOptions } from '../watch/reflect.ts';
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
  const reports = new Map<string, ClusterReport>();
  let complete = false;
  for await (const { notices, position } of reflect(client, globalReports(group), {
    ...options,
    project: whole,
  })) {
    let changed = false;
    let interruption: Interrupted | undefined;
    for (const notice of notices) {
      if (notice.what === 'upserted') {
        changed = true;
        reports.set(notice.identity.name, clusterReport(notice.object));
      } else if (notice.what === 'deleted') {
        // Another report of the name may have come first.
        const known = reports.get(notice.identity.name);
        changed = true;
        if (known?.uid === notice.identity.uid) reports.delete(notice.identity.name);
      } else if (notice.what === 'interrupted') interruption = notice;
    }
    const firstSet: boolean = !complete && position !== undefined;
    complete ||= firstSet;
    if ((complete && changed) || firstSet || interruption) {
      yield { reports: new Map(reports), ...(interruption && { interruption }) };
    }
  }
}

/** The names of the report types that exist in the cluster. */
export async function reportTypeNames(
  client: KubernetesClient,
  group: string = DEFAULT_GROUP,
): Promise<ReadonlySet<string>> {
  const types = await client.listAll(globalReportTypes(group));
  return new Set(types.map(({ metadata }) => metadata.name));
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
  const read = readGlobalReport(object);
  const problems = 'problems' in read ? read.problems : [];
  const [first] = problems;
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    apiVersion: object.apiVersion ?? '',
    generation: metadata.generation ?? 0,
    createdAt: parseInstant(metadata.creationTimestamp),
    report: 'report' in read ? read.report : undefined,
    problem: first && { reason: reasonOf(first.field), message: problems.map(String).join(' ') },
    status,
  };
}

function reasonOf(field: string): string {
  if (field === 'spec.reportType') return 'UnknownReportType';
  if (field === 'spec.schedule') return 'InvalidSchedule';
  return field.endsWith('.selector') ? 'InvalidSelector' : 'InvalidSpec';
}

function whole(object: ApiObject): Projection<GlobalReportObject> {
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
  const { report, problem } = clusterReport(found);
  if (report === undefined)
    throw new Error(`GlobalReport ${name}: ${problem?.message ?? 'it cannot be read'}`);
  return report;
}
