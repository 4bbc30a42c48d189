import type { Scope } from './scope.ts';

/** What a state is made for. */
export interface NetworkStateOptions {
  /** The endpoints that `inScope` is true for, of several scopes those of any; all of them unless given. */
  readonly scope?: Scope | readonly Scope[];
  /** Networks that do not count as the internet; `PRIVATE_NETWORKS` unless given. */
  readonly privateNetworks?: readonly string[];
}
