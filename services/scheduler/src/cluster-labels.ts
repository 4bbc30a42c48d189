/** Labels of clusters by their names. */
export type ClusterLabels = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** A label that every cluster has: its name. Namespaces have the same. */
export const NAME_LABEL = 'kubernetes.io/metadata.name';

/** As Kubernetes takes labels; a cluster's name has no colon. */
const PAIR =
  /^([^:]+):((?:[a-z0-9][-a-z0-9.]*\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)=((?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?)$/;

/** What is wrong with labels as settings have them, `CLUSTER:LABEL=VALUE` each; undefined where nothing is. */
export function clusterLabelProblem(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const text of texts) {
    const [, cluster, label] = PAIR.exec(text) ?? [];
    if (cluster === undefined) return `"${text}" is no CLUSTER:LABEL=VALUE, as Kubernetes takes labels`;
    if (label === NAME_LABEL) return `"${text}": ${NAME_LABEL} is the name of the cluster, and cannot be set`;
    if (seen.has(`${cluster}:${label}`)) return `"${cluster}:${label}" is there twice`;
    seen.add(`${cluster}:${label}`);
  }
  return undefined;
}

/** The labels that settings give to these clusters: of others there are none in settings. */
export function clusterLabelsOf(texts: readonly string[], clusters: readonly string[]): ClusterLabels {
  const labels = new Map<string, Record<string, string>>(clusters.map((name) => [name, {}]));
  for (const text of texts) {
    const [, cluster = '', label = '', value = ''] = PAIR.exec(text) ?? [];
    const its = labels.get(cluster);
    if (its !== undefined) its[label] = value;
  }
  return labels;
}
