import { CHART_VALUES, OF_EACH_PART } from './chart-values.ts';
import { isSection, type Section, type Value } from './value.ts';

export type Profile = 'embedded' | 'distributed' | 'hub';

/** Values that a profile does not read, by their paths, each with all that is below it. */
interface NotRead {
  /** They have no place there. */
  readonly refused: readonly string[];
  /** One file of values can be for more than one profile, so these may stand there: the notes name those that are set, and with `strictValues` they are refused. */
  readonly said: readonly string[];
}

const ofEachPart = (section: string) => OF_EACH_PART.map((key) => `${section}.${key}`);

/** What only the distributed profile has: other processes than the one of the embedded profile, and what these share. */
const OF_SERVICES = [
  'auditIngestor',
  'flowIngestor',
  'snapshotter',
  'scheduler',
  'keda',
  'api',
  'networkPolicy.evidenceFrom',
  'podDisruptionBudget',
];

/**
 * What each profile does not read: a value without effect that is taken in silence would be a mistake that nobody sees. That these and no others are
 * without effect there is a test of the chart. A volume of another profile that is there stays an object of the release.
 */
export const NOT_READ: Readonly<Record<Profile, NotRead>> = {
  // One process follows its cluster, and keeps evidence of that one.
  embedded: {
    refused: ['clusters', 'clusterLabels', 'clusterUids', 'globalReports.overClusters', ...ofEachPart('hub')],
    said: [
      'kubeconfigsSecret',
      'globalReports.evidenceWaitSeconds',
      'kafka',
      'elasticsearch',
      'hub.persistence',
      ...OF_SERVICES,
      'reportWorker.replicas',
      'reportWorker.autoscaling',
      'reportWorker.hubKafka',
      'notifier.replicas',
      ...ofEachPart('notifier'),
    ],
  },
  distributed: {
    refused: ofEachPart('hub'),
    said: ['embedded', 'hub.persistence'],
  },
  // It follows no cluster, computes nothing, keeps no evidence and is one process.
  hub: {
    refused: [
      'clusterName',
      'clusters',
      'clusterLabels',
      'clusterUids',
      'kubeconfigsSecret',
      'globalReports.startDelay',
      'globalReports.evidenceWaitSeconds',
      'globalReports.overClusters',
      'globalReports.since',
      'crds',
      'privateNetworks',
      'ledger',
      'canary',
      'elasticsearch',
      'rbac.aggregate',
      ...ofEachPart('embedded'),
      ...OF_SERVICES,
      'reportWorker',
      'notifier',
    ],
    said: ['embedded.persistence'],
  },
};

/** What the values at these paths and below them are unless set, each by its path; but for those that are on, which may be off where there is none of it. */
export function unsetBelow(paths: readonly string[]): Readonly<Record<string, unknown>> {
  const of = (one: Value | Section, path: string): [string, unknown][] =>
    isSection(one)
      ? Object.entries(one.values).flatMap(([key, inner]) => of(inner, `${path}.${key}`))
      : [[path, one.initially]];
  const all = paths.flatMap((path) => of(valueAt(path), path));
  return Object.fromEntries(all.filter(([, initially]) => initially !== true));
}

function valueAt(path: string): Value | Section {
  const whole: Section = { about: '', values: CHART_VALUES };
  return path.split('.').reduce<Value | Section>((one, key) => {
    const inner = isSection(one) ? one.values[key] : undefined;
    if (inner === undefined) throw new Error(`The chart has no value ${path}`);
    return inner;
  }, whole);
}
