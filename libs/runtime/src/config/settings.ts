import * as z from 'zod';
import { parseGoDuration } from '../duration.ts';
import { ConfigurationError } from './read-config.ts';

/** A switch: `true`, `false`, `1`, `0`, `on`, `off`, `yes`, `no`. */
export const flag = (initially: boolean) => z.stringbool().prefault(String(initially));

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number().int().min(min).max(max);

/** Texts with commas between them; white space around them does not count. `problem` says what is wrong with them, if anything. */
export const list = (problem: (texts: readonly string[]) => string | undefined = () => undefined) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .superRefine((texts, context) => {
      const message = problem(texts);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });

/** An address that is asked by HTTP, with TLS or without. */
export const webAddress = () => z.url({ protocol: /^https?$/ });

/** Whether it is a name of this machine to itself. */
export const isLoopback = (hostname: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/** Whether nobody in between can be whom an address names: it is asked by TLS, or not through any network. */
export const isSafeAddress = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));

/** A duration as Go writes it (`30m`, `1h30m`), as milliseconds; give its default with `.prefault('30m')`. */
export const goDuration = () =>
  z.string().transform((text, context) => {
    try {
      return parseGoDuration(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

/** @throws Error where one of two settings that belong together is set without the other. */
export function bothOrNone<K extends string>(
  settings: Readonly<Partial<Record<K, unknown>>>,
  one: K,
  other: K,
): void {
  if ((settings[one] === undefined) !== (settings[other] === undefined))
    throw new Error(`${one} and ${other} belong together: set both or none`);
}

/** What every process has: logs, the port of health and metrics, how it stops, where its traces go. */
export const processSettings = {
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .meta({ description: 'The least important log lines that are written.' }),
  HTTP_HOST: z
    .string()
    .default('0.0.0.0')
    .meta({ description: 'Address on which health, metrics and, where there are any, pages are served.' }),
  HTTP_PORT: whole(0, 65_535)
    .default(8080)
    .meta({ description: 'Port of health, metrics and pages; 0 takes a free one.' }),
  STOP_TIMEOUT_SECONDS: whole(1, 3_600).default(25).meta({
    description:
      'How long a stop may take before the process ends anyway; what was not finished is done again after the next start. Keep it below the grace period of whoever stops it.',
    unit: 'seconds',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: webAddress().optional().meta({
    description: 'Where traces are sent (OTLP over HTTP with JSON, without `/v1/traces`); none unless set.',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional().meta({
    description: 'Headers for that endpoint: `name=value`, with commas between them.',
    secret: true,
  }),
};

/** The settings of any process, parsed. */
export type ProcessConfig = z.output<z.ZodObject<typeof processSettings>>;

const CLUSTER = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/i;

/** The name of a cluster. */
export const clusterName = z.string().regex(CLUSTER, 'use letters, digits, dots and dashes');

/** The name under which a cluster's evidence is kept. */
export const clusterSettings = {
  CLUSTER_NAME: clusterName.default('cluster').meta({
    description: 'Name of the cluster. Two clusters with one name would be taken for one: choose it once.',
  }),
};

const UID = /^[\da-f-]{1,64}$/i;

/** API servers write uids in small letters. */
const uidOfPair = (pair: string): [name: string, uid: string] => {
  const [name = '', uid = ''] = pair.split('=');
  return [name, uid.toLowerCase()];
};

/** What those have who publish what happens in clusters: by which each is told from another one of its name. */
export const identitySettings = {
  ...clusterSettings,
  CLUSTER_UIDS: list((pairs) => {
    const wrong = pairs.find((pair) => {
      const [name = '', uid = '', ...more] = pair.split('=');
      return !CLUSTER.test(name) || !UID.test(uid) || more.length > 0;
    });
    if (wrong !== undefined) return `"${wrong}" is no NAME=UID`;
    const uids = Map.groupBy(pairs.map(uidOfPair), ([name]) => name);
    const torn = [...uids].find(([, of]) => new Set(of.map(([, uid]) => uid)).size > 1);
    return torn === undefined ? undefined : `${torn[0]} has two uids, and a cluster has one`;
  })
    .prefault('')
    .meta({
      description:
        'Of clusters the uid of their namespace `kube-system`, `NAME=UID` with commas between them. Of clusters of CLUSTER_NAME, and that may be posted for, and no others. What is published says it, so that what is of another cluster of the same name is set aside. An audit ingestor finds it out by itself where its sources show that namespace, and what they show counts.',
    }),
};

/** Those uids by the names of their clusters. */
export const clusterUidsOf = ({
  CLUSTER_UIDS: pairs,
}: {
  readonly CLUSTER_UIDS: readonly string[];
}): ReadonlyMap<string, string> => new Map(pairs.map(uidOfPair));

/** What those have who keep and show the evidence of all clusters that share brokers and indices. */
export const cellSettings = {
  ...clusterSettings,
  CLUSTERS: list((names) => {
    const wrong = names.find((name) => !CLUSTER.test(name));
    if (wrong !== undefined) return `"${wrong}" is no name: use letters, digits, dots and dashes`;
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    return twice === undefined ? undefined : `"${twice}" is there twice`;
  })
    .prefault('')
    .meta({
      description:
        'Names of the clusters whose evidence is kept here, with commas between them: every service but the ingestors has the same; `CLUSTER_NAME` unless set, which has to be one of them. Messages of any other cluster are set aside.',
    }),
};

/** Those settings, parsed. */
export type CellConfig = z.output<z.ZodObject<typeof cellSettings>>;

/**
 * The cluster of a cell that is meant by itself, as by who has its kubeconfig.
 *
 * @param what is asked for.
 * @throws ConfigurationError where nothing says which of several it is.
 */
export function ownClusterOf(settings: CellConfig, what: string): string {
  const [first = '', ...others] = clustersOf(settings);
  if (others.length === 0 || first === settings.CLUSTER_NAME) return first;
  throw new ConfigurationError(
    `CLUSTER_NAME is not set: name the cluster of CLUSTERS (${[first, ...others].join(', ')}) ${what}`,
  );
}

/** The clusters of a cell: first the one that is meant where none is named. */
export function clustersOf({ CLUSTERS: names, CLUSTER_NAME: own }: CellConfig): readonly string[] {
  if (names.length === 0) return [own];
  return names.includes(own) ? [own, ...names.filter((name) => name !== own)] : names;
}
