import {
  compareTexts,
  fields,
  kindOf,
  list,
  nonEmptyText,
  PLUGINS,
  sortedOnce,
  type Plugin,
  type Window,
} from '@margay/ground';
import type { Version } from '@margay/history';
import { isValidIn } from './replay/steps.ts';
import { settingsIn, settingsWords, type SettingsSpan } from './enforcement-settings.ts';

/** What is known of whether policies are enforced: the plugins whose pods were seen on nodes, or whose DaemonSets, and how they are set up where that was seen. */
export interface Enforcement {
  /** Of plugins that enforce policies, seen in the window; sorted. */
  readonly enforcing: readonly string[];
  /** Of plugins that enforce none, or whose settings turned enforcement off throughout; sorted. */
  readonly other: readonly string[];
  /** How plugins were set up in the window, by plugin and time; empty where no log or list shows it. */
  readonly settings: readonly SettingsSpan[];
  /** Nodes that ran pods in the window and none of a plugin that enforces; sorted, the first `NODES_MAX`. */
  readonly nodesWithout: { readonly total: number; readonly names: readonly string[] };
  /** The same as a sentence. */
  readonly statement: string;
}

const NODES_MAX = 200;

/** Versions that rows of reports rest on, and those of what plugins are set up by. */
export function bySettings(all: Iterable<Version>): {
  versions: readonly Version[];
  settings: readonly Version[];
} {
  const [versions, settings]: [Version[], Version[]] = [[], []];
  for (const version of all) (kindOf(version)?.role === 'settings' ? settings : versions).push(version);
  return { versions, settings };
}

/**
 * @param versions those of the window.
 * @param settings versions of what plugins are set up by.
 */
export function enforcement(
  versions: readonly Version[],
  settings: readonly Version[] = [],
  window: Window = { start: -Infinity, end: Infinity },
): Enforcement {
  const { nodes, found } = pluginsOnNodes(versions);
  for (const plugin of daemonSetsOf(settings, window)) if (!found.has(plugin)) found.set(plugin, new Set());
  const spans = settingsIn(settings, window);
  const isOff = ({ name }: Plugin) => {
    const own = spans.filter(({ plugin }) => plugin === name);
    return own.length > 0 && own.every(({ off }) => off);
  };
  const enforces = (plugin: Plugin) => plugin.enforces && !isOff(plugin);
  const named = (is: (plugin: Plugin) => boolean) =>
    [...found.keys()]
      .filter(is)
      .map(({ name }) => name)
      .sort(compareTexts);
  const nodesOf = (is: (plugin: Plugin) => boolean) =>
    new Set([...found].flatMap(([plugin, on]) => (is(plugin) ? [...on] : [])));
  const on = nodesOf(enforces);
  const without = sortedOnce(nodes).filter((node) => !on.has(node));
  const isTurnedOff = (plugin: Plugin) => plugin.enforces && isOff(plugin);
  const told: Told = {
    enforcing: named(enforces),
    other: named((plugin) => !plugin.enforces),
    off: named(isTurnedOff),
    numOn: on.size,
    numOff: nodesOf(isTurnedOff).size,
    numWithout: without.length,
    settings: spans,
  };
  return {
    enforcing: told.enforcing,
    other: named((plugin) => !enforces(plugin)),
    settings: spans,
    nodesWithout: { total: without.length, names: without.slice(0, NODES_MAX) },
    statement: statementOf(told),
  };
}

/** The nodes that ran pods, and those on which each plugin was seen. */
function pluginsOnNodes(versions: readonly Version[]) {
  const found = new Map<Plugin, Set<string>>();
  const nodes = new Set<string>();
  for (const { group, resource, content } of versions) {
    if (resource !== 'pods' || group !== '') continue;
    const node = nonEmptyText(fields(content['spec'])['nodeName']);
    if (node === undefined) continue;
    nodes.add(node);
    const plugin = pluginsOf(content).find((one) => isOf(one, shownBy(content)));
    if (plugin) found.set(plugin, (found.get(plugin) ?? new Set()).add(node));
  }
  return { nodes, found };
}

/** Plugins whose DaemonSet was there in the window. Of one that nobody saw whole, its name tells, unless that may be one of several. */
function daemonSetsOf(settings: readonly Version[], window: Window): Plugin[] {
  return settings
    .filter((version) => version.resource === 'daemonsets' && isValidIn(version, window))
    .flatMap(({ name, content }) => {
      const template = fields(fields(content['spec'])['template']);
      const seen = PLUGINS.filter(({ daemonSet }) => daemonSet === name);
      if (Object.keys(template).length === 0) return seen.length === 1 ? seen : [];
      const labels = fields(fields(template['metadata'])['labels']);
      const own = { labels, containers: list(fields(template['spec'])['containers']) };
      return seen.find((plugin) => isOf(plugin, own)) ?? [];
    });
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

const shownBy = (content: Version['content']) => ({
  labels: fields(content.metadata.labels),
  containers: list(fields(content['spec'])['containers']),
});

/** Whether pods with these labels and containers are of the plugin. */
function isOf({ labels, container }: Plugin, own: ReturnType<typeof shownBy>): boolean {
  const runs = own.containers.map((one) => fields(one)['name']);
  return (
    labels.some((set) => Object.entries(set).every(([key, value]) => own.labels[key] === value)) &&
    (container === undefined || runs.includes(container))
  );
}

/** What the statement is made of. */
interface Told {
  readonly enforcing: readonly string[];
  readonly other: readonly string[];
  /** Of plugins that would enforce policies and are set up not to. */
  readonly off: readonly string[];
  /** Nodes on which the first, and the last, were seen. */
  readonly numOn: number;
  readonly numOff: number;
  readonly numWithout: number;
  readonly settings: readonly SettingsSpan[];
}

function statementOf(told: Told): string {
  return [...whoEnforces(told), ...settingsWords(told.settings)].join(' ');
}

function whoEnforces({ enforcing, other, off, numOn, numOff, numWithout, settings }: Told): string[] {
  const turnedOff =
    off.length === 0
      ? []
      : [
          `${off.join(', ')}, ${seenOn(numOff)}, enforced no policies, as far as its settings were seen: read “protected” there as “governed by policy, not enforced”.`,
        ];
  if (enforcing.length === 0 && off.length > 0) return ['Policies were not enforced.', ...turnedOff];
  if (enforcing.length === 0)
    return [
      `Enforcement is not known: no pod of a plugin that enforces policies was seen${other.length > 0 ? `, only of ${other.join(', ')}` : ''}. ` +
        'Read “protected” as “governed by policy, enforcement not known”.',
    ];
  const how = howSetUp(settings.filter(({ plugin }) => enforcing.includes(plugin)));
  return [
    `Policies are enforced by ${enforcing.join(', ')}, ${seenOn(numOn)}${how}`,
    ...(numWithout === 0
      ? []
      : [
          `On ${nodesText(numWithout)} that ran pods it was not seen: read “protected” there as “governed by policy, enforcement not known”.`,
        ]),
    ...turnedOff,
  ];
}

function howSetUp(settings: readonly SettingsSpan[]): string {
  if (settings.length === 0) return '; how it is set up is not known.';
  if (settings.some(({ off }) => off))
    return ', but not throughout: where its settings say so, read “protected” as “governed by policy, not enforced”.';
  return settings.every(({ known }) => known) ? '.' : ', but how it was set up is not known throughout.';
}

const seenOn = (count: number): string =>
  count === 0 ? 'whose DaemonSet was seen and no pods' : `seen on ${nodesText(count)}`;

const nodesText = (count: number): string => `${count} ${count === 1 ? 'node' : 'nodes'}`;
