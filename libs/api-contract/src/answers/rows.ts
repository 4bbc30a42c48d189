import * as z from 'zod';
import { count, instant, list, pageOf, type Page } from './list.ts';

const intervals = z.object({
  intervals: list(z.object({ from: instant, to: instant })).meta({
    description: 'In time order, the earliest.',
  }),
  more: count.meta({ description: 'How many later intervals are left out.' }),
});
export type Intervals = z.output<typeof intervals>;

/** What the evidence leaves open of a row. Reports that were made before there were doubts say nothing of it. */
const open = {
  notKnown: list(z.string())
    .meta({ description: 'Flags of which it is not known whether they hold; these are false here.' })
    .optional(),
  doubts: list(z.string())
    .meta({ description: 'Ids of the doubts of the evidence that leave something open.' })
    .optional(),
};

const exposure = z.object({
  ingressProtected: z.boolean().meta({ description: 'At every instant.' }),
  egressProtected: z.boolean().meta({ description: 'At every instant.' }),
  ingressFromInternet: z.boolean().meta({ description: 'At some instant, as are the next three.' }),
  egressToInternet: z.boolean(),
  ingressFromOtherNamespace: z.boolean(),
  egressToOtherNamespace: z.boolean(),
  envoyEnabled: z.boolean().meta({ description: 'At every instant.' }),
});

const endpoint = z.object({
  endpoint: z.string().meta({ description: 'As reports print it: `Pod.v1(shop/web-1)`.' }),
  kind: z.enum(['Pod', 'HostEndpoint']),
  namespace: z.string(),
  name: z.string(),
  uids: list(z.string()),
  inScopeFrom: instant,
  inScopeTo: instant,
  appliedPolicies: list(z.string()),
  services: list(z.string()),
  serviceAccount: z.string(),
  flowLogAggregationName: z.string(),
  unprotectedIngress: intervals,
  unprotectedEgress: intervals,
  possiblePolicies: list(z.string()).meta({ description: 'Those that may have applied besides.' }).optional(),
  possibleServices: list(z.string()).meta({ description: 'Those that may have held it besides.' }).optional(),
  notKnownIngress: intervals
    .meta({ description: 'When it is not known whether it was protected.' })
    .optional(),
  notKnownEgress: intervals.optional(),
  notKnownInScope: intervals
    .meta({ description: 'When it is not known whether it existed and was in scope.' })
    .optional(),
  ...exposure.shape,
  ...open,
});

const namespace = z.object({ namespace: z.string(), ...exposure.shape, ...open });

const service = z.object({
  service: z.string(),
  ingressProtected: z.boolean(),
  ingressFromInternet: z.boolean(),
  ingressFromOtherNamespace: z.boolean(),
  envoyEnabled: z.boolean(),
  ...open,
});

const flowEnd = z.object({
  kind: z.enum(['Pod', 'HostEndpoint', 'NetworkSet', 'GlobalNetworkSet', 'Public', 'Private']),
  namespace: z.string(),
  name: z.string(),
  nameIsAggregationPrefix: z.boolean(),
});
export type FlowEnd = z.output<typeof flowEnd>;

const flow = z.object({ source: flowEnd, destination: flowEnd });

/**
 * An audit event as the API server wrote it: these fields, where they are, and all others. Where several events tell of one
 * act, they are joined, and `margay.io/…` annotations say which.
 */
const auditEvent = z.looseObject({
  auditID: z.string().optional(),
  verb: z.string().optional(),
  stageTimestamp: z.string().optional(),
  user: z.looseObject({ username: z.string().optional() }).optional(),
  objectRef: z
    .looseObject({
      resource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.int().optional(), reason: z.string().optional() }).optional(),
  annotations: z.looseObject({ 'margay.io/deleted': z.string().optional() }).optional(),
});
export type AuditEvent = z.output<typeof auditEvent>;

const verdict = z.enum(['yes', 'no', 'not known']);
const protectionChange = z.object({
  at: instant,
  flag: z.string().meta({ description: 'One of the flags of endpoints.' }),
  was: verdict,
  is: verdict,
  effect: z.enum(['protected', 'exposed', 'left open', 'settled']),
  changes: list(
    z.object({
      resource: z.string().meta({ description: 'As reports print it.' }),
      what: z.enum(['created', 'first seen', 'changed', 'deleted', 'doubtful']),
      actor: z.string().nullable().meta({ description: 'Who did it; null where nothing tells.' }),
    }),
  ).meta({ description: 'What changed at that instant and may be why.' }),
  endpoints: list(z.string()).meta({
    description: 'As reports print them; further ones are in rows that follow.',
  }),
  doubts: list(z.string()).meta({ description: 'Ids of the doubts that leave it open.' }),
});

/** What a row is, by kind of row. */
export const ROWS = {
  endpoints: endpoint,
  namespaces: namespace,
  services: service,
  auditEvents: auditEvent,
  refusedPolicyWrites: auditEvent,
  unsettledPolicyWrites: auditEvent,
  flows: flow,
  protectionChanges: protectionChange,
};

export type RowKind = keyof typeof ROWS;
export type Row<K extends RowKind> = z.output<(typeof ROWS)[K]>;

/** A page of rows of one kind. */
export const rows = z.object({
  ...pageOf(z.union([endpoint, namespace, service, flow, protectionChange, auditEvent])).shape,
  of: count.meta({ description: 'How many there are without the filter.' }),
});
export type Rows<K extends RowKind> = Page<Row<K>> & Pick<z.output<typeof rows>, 'of'>;
