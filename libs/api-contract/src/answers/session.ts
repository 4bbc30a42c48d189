import * as z from 'zod';

/** Who has signed in. */
export const session = z.object({
  name: z.string().meta({ description: 'As the API server calls them; empty where nobody is asked.' }),
});

export const signedOut = z.object({});
