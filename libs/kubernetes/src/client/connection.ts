/**
 * How an API server is reached: its address, how it proves itself, and how we do.
 *
 * Files were read already, except for the token's, which Kubernetes rotates: `token` gives the one valid now.
 */
export interface Connection {
  /** `https://host:port`, perhaps with a path below which the API lies. */
  readonly server: URL;
  /** PEM certificates that the server's must lead to; absent = those that Node trusts. */
  readonly ca?: string;
  /** The name that the server's certificate must carry, where it is not the address's. */
  readonly serverName?: string;
  /** True = whatever certificate the server shows is taken. */
  readonly insecure?: boolean;
  /** PEM client certificate and key: both or neither. */
  readonly certificate?: string;
  readonly key?: string;
  /** The bearer token; `fresh` asks for one newer than the last, because that one was refused. */
  readonly token?: (fresh?: boolean) => Promise<string> | string;
  /** On whose behalf every request is made; needs the permission to impersonate. */
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] };
  /** Where namespaced objects go unless said otherwise: the context's or the pod's own. */
  readonly namespace: string;
}

/** The settings that say how to reach the API server are missing, unreadable or contradict each other. */
export class ConnectionSettingsError extends Error {
  override readonly name = 'ConnectionSettingsError';
}

/** How long a token read from a file is used before the file is read again. */
const TOKEN_FILE_MILLISECONDS = 60_000;

/**
 * The token in a file, read again every minute and at once where the last one was refused: the kubelet replaces it
 * long before it expires.
 */
export function tokenFrom(
  read: () => Promise<string>,
  now: () => number = Date.now,
): (fresh?: boolean) => Promise<string> {
  let known: { token: string; until: number } | undefined;
  return async (fresh = false) => {
    if (!fresh && known && now() < known.until) return known.token;
    try {
      known = { token: (await read()).trim(), until: now() + TOKEN_FILE_MILLISECONDS };
    } catch (error) {
      throw new ConnectionSettingsError(`The token cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return known.token;
  };
}
