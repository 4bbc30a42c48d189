import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';

/** Where the chart is. */
export const CHART = fileURLToPath(new URL('../../charts/margay', import.meta.url));

/** The program helm. */
export const HELM = execFileSync(fileURLToPath(new URL('../servers/helm.sh', import.meta.url)), {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).trim();

/** The versions of the modules with Kubernetes' types that the objects are held against, oldest first. */
export const TYPES = ['0.32.9', '0.33.5', '0.34.4'] as const;

/** Values, as nested as in a file of values. */
export type ChartValues = Readonly<Record<string, unknown>>;

/** An object as far as tests look into it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- of every kind
  readonly [field: string]: any;
}

/** What of a pod tests look into. */
export interface RenderedPod {
  readonly metadata: Rendered['metadata'];
  // oxlint-disable-next-line typescript/no-explicit-any -- as deep as a pod is
  readonly spec: any;
}

/** The chart's text for values. Throws with what helm says against them. */
export const renderedText = (values: ChartValues, release = 'margay', namespace = 'default'): string =>
  execFileSync(HELM, ['template', release, CHART, '--namespace', namespace, '--values', '-'], {
    encoding: 'utf8',
    input: JSON.stringify(values),
    stdio: 'pipe',
  });

/** The chart's objects for values. */
export const renderedObjects = (values: ChartValues, release?: string, namespace?: string): Rendered[] =>
  (loadAll(renderedText(values, release, namespace)) as (Rendered | null)[]).filter((one) => one !== null);

/** The pods that are made of objects, by the part that they are. */
export function podsOf(objects: readonly Rendered[]): ReadonlyMap<string, RenderedPod> {
  const pods = objects.flatMap((object): RenderedPod[] => {
    if (object.kind === 'Deployment' || object.kind === 'StatefulSet') return [object['spec'].template];
    if (object.kind === 'PodTemplate') return [object['template']];
    return [];
  });
  return new Map(pods.map((pod) => [pod.metadata.labels!['app.kubernetes.io/component']!, pod]));
}

/** The least values of each profile. */
export const EMBEDDED = { clusterName: 'a' };
export const DISTRIBUTED = {
  clusterName: 'a',
  profile: 'distributed',
  kafka: { brokers: 'kafka:9092' },
  elasticsearch: { urls: 'http://elasticsearch:9200' },
};
export const HUB = {
  profile: 'hub',
  permissions: 'hub',
  kafka: { brokers: 'kafka:9092' },
  hub: {
    cells: [
      {
        name: 'eu-1',
        api: 'https://margay.eu-1.example.com',
        clusters: [
          {
            name: 'shop',
            keys: ['margay.example.com/eu-1+7050cd63+AYiKPqhLbkw2fVpTIr5hFxkfFuyeMvOX3+AKjkNQ+s7C'],
          },
        ],
      },
    ],
  },
};
