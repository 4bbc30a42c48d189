import * as z from 'zod';
import { doubt, grade } from './evidence.ts';
import { count, instant, list } from './list.ts';
import { late } from './run.ts';

/** The cluster, and what of it the viewer may see. */
export const cluster = z.object({
  cluster: z.string(),
  version: z.string().meta({ description: 'Of Margay.' }),
  viewer: z.string().meta({ description: 'Who asks; empty where nobody is asked who they are.' }),
  span: z
    .object({ start: instant, end: instant })
    .nullable()
    .meta({ description: 'The time that the history spans; null where it is empty.' }),
  counts: z.object({ runs: count, reports: count, running: count }),
  reports: list(z.string()),
  reportTypes: list(z.string()),
});
export type Cluster = z.output<typeof cluster>;

/** What a hub was told of a cluster by its cell. */
const feed = z.object({
  cell: z.string().meta({ description: 'The cell that has the evidence.' }),
  api: z.string().meta({ description: 'Where people reach the API of that cell.' }),
  heard: instant.nullable().meta({
    description: 'When the key of its log last signed that it is there; null while that was not told.',
  }),
  state: z.enum(['heard', 'away', 'never heard', 'another log']).meta({
    description:
      '`away` where nothing was heard for ten minutes; `another log` where its log of reports does not go on from what was told before.',
  }),
  logged: count.meta({ description: 'Reports and changes of keys that its log has, as it told.' }),
  missing: list(z.object({ from: count, to: count })).meta({
    description: 'Entries of its log that it told of and that have not come, at most 100 ranges.',
  }),
  words: z.string().meta({ description: 'How it stands, in words.' }),
});

const someCluster = z.object({
  name: z.string(),
  isAsked: z.boolean().meta({ description: 'Whether it is the one that was asked.' }),
  told: z
    .object({
      uid: z.string().nullable().meta({
        description:
          'Of its namespace `kube-system`; null where no evidence tells it. In a hub as the entries of its log of reports say it, which its key signed, or else as `HUB_CELLS` does.',
      }),
      sameAs: list(z.string()).meta({
        description:
          'Other clusters here, of those that may be seen, whose `kube-system` has the same uid: one cluster under several names.',
      }),
      lastSeen: instant
        .nullable()
        .meta({ description: 'The last that its sources told, by its newest reports; null without one.' }),
      grade: grade.nullable().meta({
        description:
          'Of the sources of its newest report, of several over that window the worst; null without one.',
      }),
      complete: z.boolean().meta({
        description:
          'True where that grade is `proven` or `no gap seen`, nothing is left open, and the evidence is of one cluster.',
      }),
      words: z.string().meta({ description: 'How it is, in words.' }),
      silent: list(z.string()).meta({
        description: 'Sources of which nothing is known at the end of that window.',
      }),
      lastReport: z
        .object({
          id: z.string(),
          report: z.string(),
          reportType: z.string(),
          window: z.object({ start: instant, end: instant }),
          generated: instant,
        })
        .nullable()
        .meta({ description: 'The newest report that may be seen; null without one.' }),
      twoClusters: z
        .object({
          since: instant.meta({ description: 'From when on both are known to have told something.' }),
          words: z.string().meta({ description: 'What shows it, and what to do, in words.' }),
        })
        .nullable()
        .meta({
          description:
            'Two clusters tell their changes under this name and uid, one a copy of the other, so that everything is in doubt since; null where the evidence is of one.',
        }),
      late: late.nullable().meta({
        description:
          'What came after the evidence of that report was read: of one over its window of which gaps were found later, where there is one. Null where that is not known.',
      }),
      feed: feed.nullable().meta({
        description: 'How a hub stands to the cell of the cluster; null where its evidence is here.',
      }),
    })
    .nullable()
    .meta({ description: 'How it is; null where it cannot be looked at now, see `problem`.' }),
  problem: z.string().nullable().meta({
    description: 'Why it cannot be looked at now, for a person to read.',
  }),
});

/** The clusters of an installation, without those of which nothing may be seen. */
export const clusters = z.object({
  items: list(someCluster),
  signInElsewhere: z.boolean().meta({
    description:
      'Whether there are clusters that do not know whoever asks. They are not named: who knows the name of one may sign in there (`?cluster=`).',
  }),
});
export type Clusters = z.output<typeof clusters>;

const endpointState = z.object({
  endpoint: z.string(),
  namespace: z.string(),
  ingressProtected: z.boolean(),
  egressProtected: z.boolean(),
  ingressFromInternet: z.boolean(),
  egressToInternet: z.boolean(),
  notKnown: list(z.string()).meta({
    description: 'Flags of which it is not known whether they hold; these are false.',
  }),
  doubts: list(z.string()).meta({ description: 'Ids of the doubts that leave something open; at most 20.' }),
  policies: list(z.string()),
});
export type EndpointState = z.output<typeof endpointState>;

/** The cluster at one instant, as far as the history tells. */
export const clusterState = z.object({
  at: instant,
  namespaces: list(
    z.object({ name: z.string(), endpoints: count, ingressProtected: count, egressProtected: count }),
  ),
  policies: list(z.object({ name: z.string(), since: instant, actor: z.string().nullable() })),
  endpoints: list(endpointState),
  total: count.meta({ description: 'Of the endpoints that the filter finds.' }),
  doubts: z
    .object({
      total: count,
      listed: list(doubt).meta({
        description: 'Those that the endpoints here name, and the oldest others; `total` counts all.',
      }),
    })
    .meta({ description: 'What the evidence leaves open at the instant.' }),
});
export type ClusterState = z.output<typeof clusterState>;
