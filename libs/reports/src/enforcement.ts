import { compareTexts, fields, list, nonEmptyText, sortedOnce } from '@margay/ground';
import type { Version } from '@margay/history';

/** A network plugin, by the pods that it runs on nodes. */
interface Plugin {
  readonly name: string;
  /** Labels that its pods have, one of the sets. */
  readonly labels: readonly Readonly<Record<string, string>>[];
  /** A container without which it enforces nothing. */
  readonly container?: string;
  readonly enforces: boolean;
}

/** Plugins by the labels of their manifests. A new one is one line. */
const PLUGINS: readonly Plugin[] = [
  { name: 'Calico', labels: [{ 'k8s-app': 'calico-node' }], enforces: true },
  { name: 'Canal', labels: [{ 'k8s-app': 'canal' }], enforces: true },
  { name: 'Cilium', labels: [{ 'k8s-app': 'cilium' }], enforces: true },
  { name: 'Antrea', labels: [{ app: 'antrea', component: 'antrea-agent' }], enforces: true },
  { name: 'OVN-Kubernetes', labels: [{ app: 'ovnkube-node' }], enforces: true },
  { name: 'Kube-OVN', labels: [{ app: 'kube-ovn-cni' }], enforces: true },
  { name: 'kube-router', labels: [{ 'k8s-app': 'kube-router' }], enforces: true },
  { name: 'Weave Net', labels: [{ name: 'weave-net' }], enforces: true },
  { name: 'Azure NPM', labels: [{ 'k8s-app': 'azure-npm' }], enforces: true },
  {
    name: 'AWS VPC CNI with network policies',
    labels: [{ 'k8s-app': 'aws-node' }],
    container: 'aws-eks-nodeagent',
    enforces: true,
  },
  { name: 'AWS VPC CNI', labels: [{ 'k8s-app': 'aws-node' }], enforces: false },
  { name: 'Flannel', labels: [{ app: 'flannel' }, { 'k8s-app': 'flannel' }], enforces: false },
];

/** What is known of whether policies are enforced: the plugins whose pods were seen on nodes. Their settings are not known. */
export interface Enforcement {
  /** Of plugins that enforce policies, seen in the window; sorted. */
  readonly enforcing: readonly string[];
  /** Of plugins that enforce none; sorted. */
  readonly other: readonly string[];
  /** Nodes that ran pods in the window and none of a plugin that enforces; sorted, the first `NODES_MAX`. */
  readonly nodesWithout: { readonly total: number; readonly names: readonly string[] };
  /** The same as a sentence. */
  readonly statement: string;
}

const NODES_MAX = 200;

/** @param versions those of the window. */
export function enforcement(versions: readonly Version[]): Enforcement {
  const found = new Map<Plugin, Set<string>>();
  const nodes = new Set<string>();
  for (const { group, resource, content } of versions) {
    if (resource !== 'pods' || group !== '') continue;
    const node = nonEmptyText(fields(content['spec'])['nodeName']);
    if (node === undefined) continue;
    nodes.add(node);
    const plugin = pluginsOf(content).find((one) => isOf(one, content));
    if (plugin) found.set(plugin, (found.get(plugin) ?? new Set()).add(node));
  }
  const named = (enforces: boolean) =>
    [...found.keys()]
      .filter((plugin) => plugin.enforces === enforces)
      .map(({ name }) => name)
      .sort(compareTexts);
  const enforced = new Set([...found].flatMap(([{ enforces }, on]) => (enforces ? [...on] : [])));
  const without = sortedOnce(nodes).filter((node) => !enforced.has(node));
  const [enforcing, other] = [named(true), named(false)];
  return {
    enforcing,
    other,
    nodesWithout: { total: without.length, names: without.slice(0, NODES_MAX) },
    statement: statementOf(enforcing, other, enforced.size, without.length),
  };
}

/** Plugins by the first label of each of their sets: most pods have none of these. */
const BY_LABEL = new Map<string, Map<string, Plugin[]>>();
for (const plugin of PLUGINS) {
  for (const [label, value] of plugin.labels.flatMap((set) => Object.entries(set).slice(0, 1))) {
    const values = BY_LABEL.get(label) ?? new Map<string, Plugin[]>();
    BY_LABEL.set(label, values.set(value, [...(values.get(value) ?? []), plugin]));
  }
}

/** The plugins that a pod may be of, in their order. */
function pluginsOf({ metadata: { labels } }: Version['content']): readonly Plugin[] {
  const own = fields(labels);
  const found: Plugin[] = [];
  for (const [label, values] of BY_LABEL) {
    const value = own[label];
    if (typeof value === 'string') found.push(...(values.get(value) ?? []));
  }
  return found;
}

function isOf({ labels, container }: Plugin, content: Version['content']): boolean {
  const own = fields(content.metadata.labels);
  const runs = list(fields(content['spec'])['containers']).map((one) => fields(one)['name']);
  return (
    labels.some((set) => Object.entries(set).every(([key, value]) => own[key] === value)) &&
    (container === undefined || runs.includes(container))
  );
}

function statementOf(
  enforcing: readonly string[],
  other: readonly string[],
  on: number,
  without: number,
): string {
  if (enforcing.length === 0)
    return (
      `Enforcement is not known: no pod of a plugin that enforces policies was seen${other.length > 0 ? `, only of ${other.join(', ')}` : ''}. ` +
      'Read “protected” as “governed by policy, enforcement not known”.'
    );
  return (
    `Policies are enforced by ${enforcing.join(', ')}, seen on ${on} ${on === 1 ? 'node' : 'nodes'}; how it is set up is not known.` +
    (without === 0
      ? ''
      : ` On ${without} ${without === 1 ? 'node' : 'nodes'} that ran pods it was not seen: read “protected” there as “governed by policy, enforcement not known”.`)
  );
}
