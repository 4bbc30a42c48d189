import { NoKey, readVerifierKey, type VerifierKey } from '@margay/ledger';
import { clusterName, Problem, webAddress } from '@margay/runtime';
import * as z from 'zod';

/** Where the evidence of a cluster is. */
export interface KeptIn {
  /** The name of the cell. */
  readonly cell: string;
  /** Where people reach the cell's own API. */
  readonly api: string;
  /** The uid of the cluster's namespace kube-system, as the hub is told to expect it; the first one that is told counts unless given. */
  readonly uid?: string | undefined;
}

/** A cluster that a hub is told of. */
export interface WatchedCluster extends KeptIn {
  readonly cluster: string;
  /** Keys of its log of reports: by these it is known who tells, whichever way the messages came. */
  readonly keys: readonly VerifierKey[];
}

/** Where something of a cluster is in its cell. */
function addressIn({ api }: KeptIn, cluster: string, path = '/'): URL {
  const at = new URL(`${api}${path}`);
  at.searchParams.set('cluster', cluster);
  return at;
}

/** Where the page of a run is in its cell. */
export function pageIn(keptIn: KeptIn, cluster: string, run: string): string {
  const at = addressIn(keptIn, cluster);
  at.hash = `/runs/${encodeURIComponent(run)}`;
  return at.href;
}

/** What is not in a hub, and where it is. @param path of the request: it is the same there. */
export function elsewhere(keptIn: KeptIn, cluster: string, path?: string): Problem {
  const { cell } = keptIn;
  const url = addressIn(keptIn, cluster, path).href;
  return new Problem(
    404,
    'Kept in the cell',
    `This hub has headers only: it is in the cell ${cell}, at ${url}`,
    {
      link: `<${url}>; rel="alternate"`,
    },
  );
}

const key = z.string().transform((text, context): VerifierKey => {
  try {
    const read = readVerifierKey(text.trim());
    if (read.use === 'log') return read;
    context.addIssue({ code: 'custom', message: 'it is the key of a witness, and not that of a log' });
  } catch (error) {
    if (!(error instanceof NoKey)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
  return z.NEVER;
});

/** API servers write uids in small letters. */
const uid = z
  .string()
  .regex(/^[\da-f-]{1,64}$/i, 'it is no uid')
  .transform((text) => text.toLowerCase());

const cells = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(63),
      api: webAddress().transform((url) => url.replace(/\/+$/, '')),
      clusters: z
        .array(z.strictObject({ name: clusterName, uid: uid.optional(), keys: z.array(key).min(1) }))
        .min(1),
    }),
  )
  .min(1);

/** The cells of a hub, as JSON; gives their clusters, in their order. */
export const cellsSetting = () =>
  z.string().transform((text, context): readonly WatchedCluster[] => {
    const problem = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return problem('it is no JSON');
    }
    const { data, error } = cells.safeParse(json);
    if (data === undefined)
      return problem(error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`).join('; '));
    const watched = data.flatMap(({ name: cell, api, clusters }) =>
      clusters.map(({ name: cluster, uid, keys }) => ({ cell, api, cluster, uid, keys })),
    );
    const twice = problemOfPairs(watched);
    return twice === undefined ? watched : problem(twice);
  });

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('') || 'all of it';

/** Two cells cannot have one cluster, nor two clusters one log or one uid. */
function problemOfPairs(watched: readonly WatchedCluster[]): string | undefined {
  const cellOf = new Map<string, string>();
  const clusterOf = new Map<string, string>();
  const clusterByUid = new Map<string, string>();
  for (const { cell, cluster, keys, uid: given } of watched) {
    const other = cellOf.get(cluster);
    if (other !== undefined)
      return `the cluster ${cluster} is in the cells ${other} and ${cell}: clusters of one name are told apart by nobody who looks at a hub, name one anew`;
    cellOf.set(cluster, cell);
    const named = given && clusterByUid.get(given);
    if (named)
      return `the clusters ${named} and ${cluster} have one uid, ${given}: each cluster has one of its own`;
    if (given !== undefined) clusterByUid.set(given, cluster);
    for (const log of new Set(keys.map(({ name }) => name))) {
      const same = clusterOf.get(log);
      if (same !== undefined)
        return `the clusters ${same} and ${cluster} have keys of one log, ${log}: each cluster has a log of its own`;
      clusterOf.set(log, cluster);
    }
  }
  return undefined;
}
