import { digestOf } from './seal.ts';

/**
 * Whose a session is: the way in which somebody signed in, and what is nobody else’s there. A name alone may be that of several people:
 * in another cluster, at another provider, or of one who was there before.
 */
export type Owner =
  | {
      readonly by: 'token';
      readonly name: string;
      /** The cluster that knows the token. */
      readonly cluster: string;
    }
  | {
      readonly by: 'oidc';
      /** What the provider calls itself. */
      readonly issuer: string;
      /** What it calls them, whatever their name is there (`sub`). */
      readonly subject: string;
    };

/** What all sessions of one person have in common, without telling who it is. */
export function digestOfOwner(owner: Owner): string {
  const own = owner.by === 'token' ? [owner.cluster, owner.name] : [owner.issuer, owner.subject];
  return digestOf(JSON.stringify(['margay session', owner.by, ...own]));
}
