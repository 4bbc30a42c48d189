import type { OidcProvider } from './oidc-provider.ts';
import type { TrustedHeaders } from './trusted-headers.ts';

/** Where signing in by the identity provider begins. */
export const OIDC_START = '/login/oidc';

/** Where it sends people back to: what its client is registered with. */
export const OIDC_CALLBACK = '/login/oidc/callback';

/** The ways to sign in beside the token, which is always one. */
export interface SignIn {
  readonly oidc?: OidcProvider;
  readonly headers?: TrustedHeaders;
}
