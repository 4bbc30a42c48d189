import type { Agent } from 'node:http';

/** How an API server is reached: its address, how it proves itself, and how we do. */
export interface Connection {
  /** `https://host:port`, perhaps with a path below which the API lies. */
  readonly server: URL;
  /** Where namespaced objects go unless said otherwise: the context's or the pod's own. */
  readonly namespace: string;
  /** Where this was read, for people: which kubeconfig, context and user, or the pod's service account. */
  readonly origin?: string;
  /**
   * What to show and to trust, asked anew for every request, since tokens and certificates are replaced. Absent = nobody
   * signs in. Rejects with `ConnectionSettingsError` where that cannot be had (just now).
   *
   * @param refused what was shown and not accepted: it is read, or its program run, again.
   */
  readonly signIn?: (refused?: SignIn) => Promise<SignIn>;
}

/** What one request shows, and what it trusts. */
export interface SignIn {
  /** The token, and on whose behalf the request is made. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly tls?: TlsMaterial;
  /** Through which the request goes; absent = straight to the server. */
  readonly proxy?: { readonly agent: Agent; readonly url: URL };
}

/** What both ends of a TLS connection need to know of each other, named as Node names it. */
export interface TlsMaterial {
  /** PEM certificates that the server's must lead to; absent = those that Node trusts. */
  readonly ca?: string;
  /** PEM client certificate and key: both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must carry, where it is not the address's. */
  readonly servername?: string;
  /** False = whatever certificate the server shows is taken. */
  readonly rejectUnauthorized?: boolean;
}

/** The settings that say how to reach the API server are missing, unreadable or contradict each other, or do not let us in. */
export class ConnectionSettingsError extends Error {
  override readonly name = 'ConnectionSettingsError';
}
