import * as z from 'zod';
import { instant, list } from './list.ts';

/** What holds of an endpoint. */
const flags = z.object({
  ingressProtected: z.boolean(),
  egressProtected: z.boolean(),
  ingressFromInternet: z.boolean(),
  egressToInternet: z.boolean(),
  ingressFromOtherNamespace: z.boolean(),
  egressToOtherNamespace: z.boolean(),
});
export type Flag = keyof z.output<typeof flags>;

/** An endpoint from one instant to another, in which nothing changed for it. */
const span = z.object({
  start: instant,
  end: instant,
  labels: list(
    z.object({
      name: z.string(),
      value: z.string(),
      from: z.string().meta({ description: '`own`, `Calico`, or the namespace or service account.' }),
    }),
  ),
  serviceAccount: z.string(),
  flags,
  notKnown: list(z.string()).meta({
    description: 'Flags of which it is not known whether they hold; these are false.',
  }),
  possiblePolicies: list(z.string()).meta({ description: 'Those that may apply besides.' }),
  isCertain: z.boolean().meta({ description: 'Whether it certainly was there.' }),
  policies: list(
    z.object({
      name: z.string(),
      tier: z.string(),
      ingress: z.boolean(),
      egress: z.boolean(),
      selector: z.string(),
    }),
  ).meta({ description: 'In the order of their evaluation.' }),
  causes: z
    .record(z.string(), list(z.string()))
    .meta({ description: 'Why each flag holds that does: the policy, and the rule of it.' }),
});
export type Span = z.output<typeof span>;

/** What somebody did to an object that mattered to the endpoint. */
const lifeEvent = z.object({
  at: instant,
  what: z
    .enum([
      'created',
      'updated',
      'patched',
      'changed',
      'first seen',
      'in doubt',
      'seen again',
      'deletion begun',
      'deleted',
      'ended',
    ])
    .meta({
      description:
        'As the write said it where the audit trail has it; `changed` where it has not. `ended`: its end was concluded, as with its namespace.',
    }),
  resource: z.string(),
  actor: z.string().nullable().meta({ description: 'Null where nothing tells.' }),
});

/** The life of one endpoint in a window. */
export const timeline = z.object({
  endpoint: z.string(),
  window: z.object({ start: instant, end: instant }),
  spans: list(span),
  events: list(lifeEvent),
});
export type Timeline = z.output<typeof timeline>;
