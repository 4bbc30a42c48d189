import * as z from 'zod';

/** An answer other than the one that was asked for: RFC 9457, `application/problem+json`. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: 'What is wrong and what to do, for a person.' }),
});
