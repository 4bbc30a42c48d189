import * as z from 'zod';
import { completeness, evidence } from './evidence.ts';
import { count, instant, list, pageOf } from './list.ts';

/** One ring of a summary: so many of a total. */
/** Absent in reports of older releases. */
const notKnown = count
  .optional()
  .meta({ description: 'Of how many it is not known; in none of the counts but the total.' });

export const ring = z.object({
  heading: z.string(),
  label: z.string(),
  value: z.number(),
  total: z.number(),
  notKnown,
});
export type Ring = z.output<typeof ring>;

const servicesSummary = z.object({
  numTotal: count,
  numIngressProtected: count,
  numIngressFromInternet: count,
  numIngressFromOtherNamespace: count,
  numEnvoyEnabled: count,
  numNotKnownIngressProtected: notKnown,
  numNotKnownIngressFromInternet: notKnown,
  numNotKnownIngressFromOtherNamespace: notKnown,
  numNotKnownEnvoyEnabled: notKnown,
});
const namespacesSummary = z.object({
  ...servicesSummary.shape,
  numEgressProtected: count,
  numEgressToInternet: count,
  numEgressToOtherNamespace: count,
  numNotKnownEgressProtected: notKnown,
  numNotKnownEgressToInternet: notKnown,
  numNotKnownEgressToOtherNamespace: notKnown,
});
const endpointsSummary = z.object({ ...namespacesSummary.shape, numServiceAccounts: count });
const auditSummary = z.object({
  numTotal: count,
  numCreate: count,
  numModify: count,
  numDelete: count,
  numRefused: count.meta({ description: 'Not part of `numTotal`.' }),
  numUnsettled: count.optional().meta({
    description:
      'Of which it is not known whether they were done; not part of `numTotal`. Absent in reports of older releases.',
  }),
});

const protectionSummary = z.object({
  numTotal: count.meta({ description: 'Instants at which verdicts changed, as in the next three.' }),
  numProtecting: count,
  numExposing: count,
  numLeavingOpen: count,
});

/** The states of a run. */
export const RUN_STATES = ['emitted', 'running', 'completed', 'failed'] as const;

export const late = z
  .object({
    events: count.meta({
      description:
        'Changes at instants before the window’s end, or that show that one in the window was missed, and writes of policies in it that were refused.',
    }),
    derivedAnew: count.meta({
      description:
        'Names of which this release derives something else of the window than the one that made the report, from the same changes.',
    }),
    flows: count,
    deliveries: count.meta({ description: 'Of sources, with lines of the window.' }),
    opened: list(z.string()).meta({
      description:
        'What of the window is open by what sources delivered since, and was not, in sentences: a log that stayed silent, a number that was left out. Empty in a run that is superseded.',
    }),
    words: z
      .string()
      .meta({ description: '`3 events came later, 1 gap was found later`; `nothing came later`.' }),
  })
  .meta({
    description: 'What came to the stores after the evidence was read; a revision takes it in.',
  });
export type Late = z.output<typeof late>;

/** One run of a report over one window. */
export const run = z.object({
  id: z.string(),
  report: z.string().meta({ description: 'The name of its GlobalReport.' }),
  reportType: z.string(),
  state: z.enum(RUN_STATES),
  window: z
    .object({ start: instant, end: instant })
    .meta({ description: '`start` belongs to it, `end` to the next one.' }),
  generated: instant.nullable().meta({ description: 'When it was archived; null until then.' }),
  digest: z.string().nullable().meta({ description: 'SHA-256 in hex; null until it is archived.' }),
  evidence: completeness.nullable(),
  summary: z
    .object({
      rings: list(ring),
      endpoints: endpointsSummary,
      namespaces: namespacesSummary,
      services: servicesSummary,
      audit: auditSummary,
      protection: protectionSummary.optional().meta({ description: 'Absent in reports of older releases.' }),
    })
    .nullable(),
  reason: z.string().nullable().meta({ description: 'Why it failed; null otherwise.' }),
  revision: z.int().min(1).meta({ description: 'Which report over its window it is, from 1 on.' }),
  supersedes: z
    .string()
    .nullable()
    .meta({ description: 'The id of the report before it over the same window; null for the first.' }),
  supersededBy: z
    .string()
    .nullable()
    .meta({ description: 'The id of the next report over the same window; null for the newest.' }),
  unchanged: z
    .boolean()
    .nullable()
    .meta({ description: 'Whether it has the digest of the report that it supersedes; null for the first.' }),
  late: late.nullable().meta({ description: 'Null where that is not known.' }),
  archiveProblem: z.string().nullable().meta({
    description:
      'What is wrong with its report in the archive: it was changed, or removed although the log of reports has it. Null where nothing is known to be.',
  }),
});
export type Run = z.output<typeof run>;

export const runs = pageOf(run);
export type Runs = z.output<typeof runs>;

/** Runs of one report, oldest window first. */
export const trend = z.object({ items: list(run) });
export type Trend = z.output<typeof trend>;

/** A file of a report. */
const download = z.object({ name: z.string(), mediaType: z.string(), href: z.string() });

/** A report over the same window, as a run's page names it. */
const revision = z.object({
  id: z.string(),
  revision: z.int().min(1),
  generated: instant,
  digest: z.string(),
});

/** One run with everything but its rows. What is null there is known once it is archived. */
export const runDetail = z.object({
  ...run.shape,
  manual: z.boolean().meta({
    description: 'It was asked for, by a person or by `margay up` for finished logs; no schedule did.',
  }),
  attempt: z.int().nullable().meta({ description: 'How often it was tried, as far as that is known still.' }),
  spec: z.unknown().meta({ description: 'The `spec` of its GlobalReport, as it was then.' }),
  evidence: evidence.nullable().meta({
    description: 'Null until it is archived, and for who may not export the report: it names objects.',
  }),
  summaryProblem: z
    .string()
    .nullable()
    .meta({ description: 'Why the template of a report type of users made no rings.' }),
  rowCounts: z
    .object({
      endpoints: count,
      namespaces: count,
      services: count,
      auditEvents: count,
      refusedPolicyWrites: count,
      unsettledPolicyWrites: count.optional().meta({ description: 'Absent in reports of older releases.' }),
      flows: count,
      protectionChanges: count.optional().meta({ description: 'Absent in reports of older releases.' }),
    })
    .nullable(),
  archive: z
    .object({
      sequence: z.int(),
      previous: z
        .string()
        .nullable()
        .meta({ description: 'Digest of the header before; null for the first.' }),
      headerDigest: z.string(),
    })
    .nullable()
    .meta({ description: 'Its place in the chain of the archive.' }),
  revisions: list(revision).meta({ description: 'All archived reports over its window, oldest first.' }),
  downloads: list(download).meta({ description: 'Empty where the rows are not here.' }),
  keptIn: z
    .object({
      cell: z.string().meta({ description: 'The name of the cell.' }),
      url: z.string().meta({ description: 'The page of the run in the cell.' }),
    })
    .nullable()
    .meta({
      description:
        'Where its rows, its files and its revisions are, as a hub has headers alone; null where they are here.',
    }),
});
export type RunDetail = z.output<typeof runDetail>;
