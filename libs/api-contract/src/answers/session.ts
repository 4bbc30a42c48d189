import * as z from 'zod';
import { instant, list } from './list.ts';

/** Who has signed in. */
export const session = z.object({
  name: z.string().meta({ description: 'As the API server calls them; empty where nobody is asked.' }),
});

/** The sessions of one person. */
export const sessions = z.object({
  items: list(
    z.object({
      started: instant,
      used: instant.meta({ description: 'When it was used last, to a few minutes.' }),
      ends: instant.meta({ description: 'When it ends at the latest.' }),
      current: z.boolean().meta({ description: 'Whether it is the one that asks.' }),
    }),
  ),
});

/** The ways to sign in that there are here. */
export const waysToSignIn = z.object({
  items: list(
    z.object({
      kind: z.enum(['oidc', 'token']),
      title: z.string().meta({ description: 'What it is called on the page.' }),
      href: z.string().nullable().meta({
        description:
          'Where it begins, with `return` for the page to come back to; null for a token, of which a session is made.',
      }),
    }),
  ),
  signOut: z.string().nullable().meta({
    description: 'Where a proxy that signs people in signs them out; null where there is none.',
  }),
});

export type WaysToSignIn = z.output<typeof waysToSignIn>;

export const signedOut = z.object({
  next: z
    .string()
    .nullable()
    .describe(
      'Where a browser goes on to, to sign out of the identity provider as well; null where that does not offer it, or another way of signing in was taken.',
    ),
});

export type SignedOut = z.output<typeof signedOut>;
