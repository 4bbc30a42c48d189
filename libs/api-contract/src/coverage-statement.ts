import * as z from 'zod';
import { retiredSource } from './answers/evidence.ts';
import { count, counts, instant, list } from './answers/list.ts';

const interval = z.strictObject({ from: instant, to: instant });
const grade = z.enum(['proven', 'no gap seen', 'gaps', 'not known']).meta({
  description: 'How much is known of what was delivered, from best to worst.',
});

/** Of many things the first, and how many there are. */
const stated = <T extends z.ZodType>(of: T) =>
  z.strictObject({ total: count, listed: list(of).meta({ description: 'The first 100.' }) });

const source = z.strictObject({
  name: z.string(),
  of: z.enum(['changes', 'flows']).meta({ description: 'What it tells of.' }),
  grade,
  lines: count,
  from: instant
    .optional()
    .meta({ description: 'Its first event, or flow; absent where none of it has a time.' }),
  to: instant
    .optional()
    .meta({ description: 'Its last one; where it went on behind the window, the first there.' }),
  gaps: stated(interval).meta({ description: 'When it is not known to have delivered, in the window.' }),
  longestSilence: z.strictObject({ ...interval.shape, seconds: z.number() }).optional(),
  allowedSilence: z.number().optional().meta({ description: 'Longer silences are gaps; in seconds.' }),
});

/** What a signed statement says of a report's evidence: the predicate of an in-toto statement of the type `https://margay.io/coverage/v1`. */
export const coveragePredicate = z
  .strictObject({
    cluster: z.strictObject({
      name: z.string(),
      uid: z
        .string()
        .optional()
        .meta({ description: 'Of its namespace kube-system; absent where no evidence tells it.' }),
    }),
    report: z.strictObject({
      name: z.string(),
      type: z.string(),
      run: z.string(),
      revision: z.int().min(1),
    }),
    window: z.strictObject({
      start: instant,
      end: instant.meta({ description: 'Does not belong to the window.' }),
    }),
    grade,
    complete: z.boolean().meta({
      description:
        'True where the grade is `proven` or `no gap seen`, and the sources leave nothing of the window open.',
    }),
    reasons: list(z.string()).meta({ description: 'Why it is not complete, in sentences.' }),
    sources: stated(source),
    gaps: stated(interval).meta({
      description: 'The part of the window that is not known to have been told.',
    }),
    events: z
      .strictObject({ read: count, applied: count, ignored: counts, doubtful: counts, unusable: counts })
      .nullable()
      .meta({ description: 'What became of the events of the window; `read` is the sum of the others.' }),
    flows: z
      .strictObject({ grade, read: count, ignored: count, doubtful: count, unusable: count })
      .nullable(),
    canaries: list(
      z.strictObject({
        server: z.string().meta({ description: 'The API server’s address.' }),
        provenBy: list(z.string()),
        seenBy: list(z.string()),
        lastWritten: instant.optional(),
        notWritten: z.string().optional(),
      }),
    ).meta({ description: 'API servers through which objects were written to see whether they arrive.' }),
    retired: stated(z.strictObject(retiredSource)).optional().meta({
      description: 'Sources that somebody said to be out of service; absent where there is none.',
    }),
    doubts: stated(
      z.strictObject({
        about: z.string(),
        since: instant.optional().meta({ description: 'Absent where it is as old as the cluster may be.' }),
        until: instant.optional().meta({ description: 'Absent where nothing settled it.' }),
        reason: z.string(),
      }),
    ).meta({ description: 'What the evidence leaves open of the window, and about which objects.' }),
    unreadPolicies: count.meta({ description: 'Policies, or parts of them, that could not be understood.' }),
    neverSeen: count.meta({ description: 'Objects that the evidence names, and that were never seen.' }),
    enforcement: z
      .strictObject({ enforcing: list(z.string()), other: list(z.string()), statement: z.string() })
      .meta({ description: 'Which network plugins were seen, that enforce policies and that do not.' }),
    evidenceDigest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({
        description:
          'SHA-256 over the canonical JSON (RFC 8785) of the report’s `evidence`, from which all of this follows.',
      }),
    method: z.strictObject({ name: z.literal('margay'), version: z.string() }),
  })
  .meta({
    title: 'Coverage statement',
    description:
      'Which sources told of the window of a report, how well, and what they leave open. The subject of the in-toto statement is the report: its name is the id of the run, its sha256 the `digest` of `report.json`.',
  });

/** The JSON Schema of coverage statements. */
export const coverageSchema = (): object => ({
  $id: 'https://margay.io/coverage/v1',
  ...z.toJSONSchema(coveragePredicate),
});
