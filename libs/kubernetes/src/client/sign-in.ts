import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import { ConnectionSettingsError, type SignIn, type TlsMaterial } from './connection.ts';

/** One user on one cluster, in the words of the Kubernetes library. */
export interface Account {
  readonly cluster: Cluster;
  readonly user: User;
  /** Headers of each request that the library does not make by itself. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Gets what to show, where the kubeconfig names somebody who has it; `renew` = the last one was refused. */
  readonly credential?: (renew: boolean) => Promise<Credential>;
}

export interface Credential {
  readonly token?: string;
  /** PEM client certificate and key: both or neither. */
  readonly certificate?: string;
  readonly key?: string;
}

/**
 * Signs in by the Kubernetes library: what a kubeconfig or a pod says becomes headers, certificates and, behind a
 * proxy, an agent. Certificates in files are read for each request, tokens in files every minute and at once when refused.
 *
 * @param origin how messages begin.
 * @param read gives the account; asked again when a sign-in was refused, because its files may have been replaced.
 */
export function signInBy(origin: string, read: () => Account): (refused?: SignIn) => Promise<SignIn> {
  let session: Promise<() => Promise<SignIn>> | undefined;
  let given = new WeakSet<SignIn>();
  return async (refused) => {
    // Of many requests that are refused at once, the first one has everything read again.
    const renew = refused !== undefined && given.has(refused);
    if (renew) {
      session = undefined;
      given = new WeakSet();
    }
    const mine = given;
    try {
      session ??= openSession(read(), renew);
      const signIn = await (await session)();
      mine.add(signIn);
      return signIn;
    } catch (error) {
      session = undefined;
      if (error instanceof ConnectionSettingsError) throw error;
      throw new ConnectionSettingsError(`${origin}: ${(error as Error).message}`, { cause: error });
    }
  };
}

async function openSession(account: Account, renew: boolean): Promise<() => Promise<SignIn>> {
  // It takes half a second and 70 MB: nobody pays for it who reaches no cluster.
  const { KubeConfig: Library } = await import('@kubernetes/client-node');
  const { cluster, user, credential } = account;
  let refused = renew;
  const configure = (): KubeConfig => {
    const config = new Library();
    if (credential !== undefined) {
      config.addAuthenticator({
        isAuthProvider: () => true,
        async applyAuthentication(_, options) {
          const { token, certificate, key } = await credential(refused);
          refused = false;
          const headers = (options.headers ??= {}) as Record<string, string>;
          if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
          if (certificate !== undefined) options.cert = certificate;
          if (key !== undefined) options.key = key;
        },
      });
    }
    config.loadFromClusterAndUser(cluster, user);
    return config;
  };

  let config = configure();
  let known: string | undefined;
  return async () => {
    let options = await optionsOf(config);
    const material = JSON.stringify(options.tls);
    if (cluster.proxyUrl !== undefined && known !== undefined && known !== material) {
      // The library's agent would go through the proxy with the certificates of its first day.
      config = configure();
      options = await optionsOf(config);
    }
    known = material;
    const { tls, headers, agent } = options;
    if (user.authProvider !== undefined && !/^Bearer ./.test(headers['authorization'] ?? '')) {
      throw new Error(`the token file ${user.authProvider.config.tokenFile} is empty`);
    }
    return {
      tls,
      headers: { ...headers, ...account.headers },
      ...(cluster.proxyUrl !== undefined && { proxy: { agent, url: new URL(cluster.proxyUrl) } }),
    };
  };
}

async function optionsOf(config: KubeConfig) {
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const { auth, servername, rejectUnauthorized } = options;
  // The library gives what it read from files as bytes, what a program handed out as text.
  const [ca, cert, key] = [options.ca, options.cert, options.key].map((pem) =>
    Buffer.isBuffer(pem) ? pem.toString('utf8') : (pem as string | undefined),
  );
  const tls: TlsMaterial = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
  const headers: Record<string, string> = {};
  if (auth) headers['authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`;
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // Tokens in files often end in a line break, which no header may hold.
    headers[name.toLowerCase()] = String(value)
      .trim()
      .replace(/^Bearer +/, 'Bearer ');
  }
  return { tls, headers, agent: options.agent as Agent };
}
