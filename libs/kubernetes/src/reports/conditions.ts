import { formatSeconds, type Instant } from '@margay/ground';

/**
 * `Schedulable`: whether new reports are begun. `LastReportSucceeded`: how the newest one that ended did. `Ready`: both in one, as
 * tools that know no GlobalReports ask for it. `OnChosenNodes`: whether `spec.jobNodeSelector` counts here, of reports that have one. `ClustersReported`: whether the
 * newest run of a report with `spec.clusters` has a report with complete evidence of every cluster that was chosen.
 */
export type ConditionType =
  'Schedulable' | 'LastReportSucceeded' | 'Ready' | 'OnChosenNodes' | 'ClustersReported';

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  /** When `status` became what it is. */
  readonly lastTransitionTime: string;
}

/** The conditions with these set, those that are undefined taken out, and those of other types left as they are. */
export function withConditions(
  before: readonly Condition[],
  set: Readonly<Record<string, Pick<Condition, 'status' | 'reason' | 'message'> | undefined>>,
  { generation, now }: { readonly generation: number; readonly now: Instant },
): Condition[] {
  const others = before.filter(({ type }) => !(type in set));
  const written = Object.entries(set).flatMap(([type, said]): Condition[] => {
    if (said === undefined) return [];
    const old = before.find((condition) => condition.type === type);
    const lastTransitionTime = old?.status === said.status ? old.lastTransitionTime : formatSeconds(now);
    return [{ type, ...said, observedGeneration: generation, lastTransitionTime }];
  });
  return [...written, ...others];
}
