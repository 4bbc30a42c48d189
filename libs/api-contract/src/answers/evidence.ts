import * as z from 'zod';
import { count, counts, instant, list } from './list.ts';

export const interval = z.object({ from: instant, to: instant });

const named = z.object({
  total: count,
  names: list(z.string()).meta({ description: 'The first, sorted; `total` counts all.' }),
});
export type NamedObjects = z.output<typeof named>;

const problems = z.object({
  total: count,
  listed: list(
    z.object({
      source: z.string(),
      line: z.int(),
      kind: z.enum(['doubtful', 'unusable']),
      reason: z.string(),
      message: z.string(),
    }),
  ),
});

/** How much is known of what a source delivered, from best to worst; see docs/report-reference.md. */
export const grade = z.enum(['proven', 'no gap seen', 'gaps', 'not known']);

/** Absent in reports of older releases. */
export const rhythm = {
  grade: grade.optional(),
  gaps: list(interval).optional(),
  longestSilence: z.object({ ...interval.shape, seconds: z.number() }).optional(),
  allowedSilence: z
    .number()
    .optional()
    .meta({ description: 'Longer silences are gaps, by the source’s own rhythm; in seconds.' }),
};

/** Who said that a source is out of service, and why. */
export const retirement = {
  from: instant.meta({ description: 'From then on it tells nothing, and its silence is no gap.' }),
  said: instant,
  by: z.string(),
  because: z.string(),
};

/** A source that is out of service, as a report and its signed statement tell of it. */
export const retiredSource = {
  source: z.string(),
  of: z.enum(['changes', 'flows']),
  ...retirement,
  takenBack: z.strictObject({ said: instant, by: z.string(), because: z.string() }).optional().meta({
    description:
      'Who said later that this was wrong (`margay source-retired --take-back`), so that its silence counts as ever.',
  }),
  toldAgain: z
    .literal(true)
    .optional()
    .meta({ description: 'Where it told something afterwards, so that its silence counts as ever.' }),
};

const flows = z
  .object({
    grade: grade.optional(),
    sources: list(
      z.object({
        source: z.string(),
        lines: count,
        firstFlow: instant.optional(),
        lastFlow: instant.optional(),
        ...rhythm,
      }),
    ),
    read: count,
    ignored: count,
    doubtful: count,
    unusable: count,
    problems,
  })
  .meta({
    description: 'What the flow logs delivered; where none was given, completeness is about audit logs.',
  });

const sources = z.object({
  grade: grade.optional(),
  complete: z.boolean(),
  reasons: list(z.string()),
  sources: list(
    z.object({
      source: z.string(),
      lines: count,
      firstEvent: instant.optional(),
      lastEvent: instant.optional(),
      ...rhythm,
    }),
  ),
  events: z
    .object({ read: count, applied: count, ignored: counts, doubtful: counts, unusable: counts })
    .meta({ description: '`read` is the sum of the others.' }),
  covered: list(interval).meta({ description: 'The part of the window that was told.' }),
  gaps: list(interval).meta({ description: 'The rest of the window.' }),
  problems,
  flows: flows.optional().meta({ description: 'Absent in reports of older releases.' }),
  canaries: list(
    z.object({
      server: z.string().meta({ description: 'The API server’s address.' }),
      provenBy: list(z.string()).meta({
        description: 'Sources that are proven to have told all of it throughout the window.',
      }),
      seenBy: list(z.string()).meta({ description: 'Sources that ever delivered a canary of it.' }),
      lastWritten: instant.optional(),
      notWritten: z.string().optional().meta({ description: 'Why the last one could not be written.' }),
    }),
  )
    .optional()
    .meta({
      description:
        'API servers through which canaries were written, or of which some came; absent where there is none.',
    }),
  retired: list(z.object(retiredSource)).optional().meta({
    description:
      'Sources that somebody said to be out of service before the window was over (`margay source-retired`); absent where there is none.',
  }),
});

/** Whether a run's evidence is complete, and why not. */
export const completeness = z.object({
  grade,
  words: z
    .string()
    .meta({ description: 'The grade with the longest silence, and whether something is left open.' }),
  complete: z.boolean().meta({
    description: 'True where the grade is `proven` or `no gap seen`, and nothing of the window is left open.',
  }),
  reasons: list(z.string()).meta({ description: 'Why it is not complete; empty where it is.' }),
});

/** Something that the evidence leaves open. */
export const doubt = z.object({
  id: z.string().meta({ description: 'By which rows name it.' }),
  about: z.string().meta({ description: 'An object, a kind, a kind in a namespace, `everything`.' }),
  since: instant.optional().meta({ description: 'Absent where it is as old as the cluster may be.' }),
  until: instant.optional().meta({ description: 'Absent while nothing settled it.' }),
  reason: z.string(),
  message: z.string(),
  source: z.string(),
  settledBy: z.string().optional(),
});

const doubts = z
  .object({
    total: count,
    listed: list(doubt).meta({ description: 'The oldest; `total` counts all.' }),
  })
  .meta({ description: 'What the evidence leaves open of the window.' });

const neverSeen = z
  .object({
    total: count,
    numEndpoints: count.meta({ description: 'Those that are endpoints: the report has no rows of them.' }),
    numNotKept: count.meta({ description: 'Those of kinds of which no history is kept.' }),
    listed: list(
      z.object({
        resource: z.string(),
        kind: z.string(),
        namespace: z.string(),
        name: z.string(),
        isKept: z.boolean().meta({
          description: 'False for kinds of which no history is kept, so that none of them is ever seen.',
        }),
        namedBy: list(z.string()).meta({ description: 'The first few, and `flow logs`.' }),
        namedFrom: instant,
        namedTo: instant,
      }),
    ).meta({ description: 'The first, endpoints before others; `total` counts all.' }),
  })
  .meta({ description: 'What existed, since evidence names it, and was not seen up to the window’s end.' });

/** What a report rests on, and what is uncertain about it. */
export const evidence = z.object({
  ...completeness.shape,
  proof: list(z.string()).meta({
    description: 'What proves that sources delivered all: watches without a gap, canaries; in sentences.',
  }),
  sources: sources.nullable(),
  firstSeenInMidLife: named,
  neverSeen: neverSeen.optional().meta({ description: 'Absent in reports of older releases.' }),
  endedByInference: named,
  unreadPolicies: z.object({
    total: count,
    problems: list(
      z.object({ policy: z.string(), field: z.string(), message: z.string(), consequence: z.string() }),
    ),
  }),
  doubts: doubts.optional().meta({ description: 'Absent in reports of older releases.' }),
  enforcement: z
    .object({
      enforcing: list(z.string()),
      other: list(z.string()),
      nodesWithout: named,
      settings: list(
        z.object({
          plugin: z.string(),
          object: z.string(),
          since: instant,
          until: instant.optional(),
          values: z.record(z.string(), z.string()),
          known: z.boolean(),
          off: z.boolean(),
        }),
      ).optional(),
      statement: z.string(),
    })
    .optional()
    .meta({
      description:
        'Which plugins were seen that enforce policies, and which that do not; absent in reports of older releases.',
    }),
  privateNetworks: list(z.string()).meta({ description: 'Networks that do not count as the internet.' }),
  unseenNamespaces: list(z.string()).optional().meta({
    description:
      'Namespaces that the scope names and that nothing in the window is of; absent in reports of older releases.',
  }),
  notes: list(z.string()),
});
export type Evidence = z.output<typeof evidence>;
