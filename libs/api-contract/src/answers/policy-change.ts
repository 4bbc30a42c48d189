import * as z from 'zod';

/** A policy before and after an audit event. */
export const policyChange = z.object({
  before: z.unknown().meta({ description: 'The policy; null where there was none.' }),
  after: z.unknown().meta({ description: 'The policy; null where there is none any more.' }),
});
export type PolicyChange = z.output<typeof policyChange>;
