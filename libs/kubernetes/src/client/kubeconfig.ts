import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { ConnectionSettingsError, tokenFrom, type Connection } from './connection.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The connection that a kubeconfig describes: its `current-context`, or the context named.
 *
 * Understood: server, certificate authority, client certificate and key (data or files), token, tokenFile, `as` and
 * `as-groups`, insecure-skip-tls-verify, tls-server-name. Relative files lie beside the kubeconfig. Throws
 * `ConnectionSettingsError`, also for `exec`, `auth-provider` and passwords, which are not supported.
 */
export function readKubeconfig(text: string, path: string, contextName?: string): Connection {
  const fail = (what: string): never => {
    throw new ConnectionSettingsError(`kubeconfig ${path}: ${what}`);
  };
  let config: Fields;
  try {
    config = fieldsOf(load(text));
  } catch (error) {
    return fail(`not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  const named = (list: string, item: string, name: string): Fields => {
    const entries = Array.isArray(config[list]) ? (config[list] as unknown[]).map(fieldsOf) : [];
    const entry = entries.find((candidate) => candidate['name'] === name);
    return entry ? fieldsOf(entry[item]) : fail(`there is no entry "${name}" in ${list}`);
  };

  const current = contextName ?? textOf(config['current-context']);
  if (current === undefined) return fail('it has no current-context; set one or name a context');
  const context = named('contexts', 'context', current);
  const cluster = named('clusters', 'cluster', textOf(context['cluster']) ?? '');
  const userName = textOf(context['user']);
  const user = userName === undefined ? {} : named('users', 'user', userName);

  const fileOf = (name: string): string => resolve(dirname(path), name);
  /** The PEM text in the field `<name>-data`, or in the file that the field `<name>` names. */
  const pem = (fields: Fields, name: string): string | undefined => {
    const data = textOf(fields[`${name}-data`]);
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    const file = textOf(fields[name]);
    if (file === undefined) return undefined;
    try {
      return readFileSync(fileOf(file), 'utf8');
    } catch (error) {
      return fail(`${name} cannot be read: ${(error as Error).message}`);
    }
  };

  const address = textOf(cluster['server']) ?? '';
  if (!URL.canParse(address)) return fail(`the cluster's server "${address}" is no address`);
  for (const unsupported of ['exec', 'auth-provider', 'username']) {
    if (user[unsupported] !== undefined) {
      return fail(
        `user "${userName}" signs in by ${unsupported}, which is not supported: give it a token or a certificate`,
      );
    }
  }
  const ca = pem(cluster, 'certificate-authority');
  const certificate = pem(user, 'client-certificate');
  const key = pem(user, 'client-key');
  if ((certificate === undefined) !== (key === undefined)) {
    return fail(`user "${userName}" needs both a client certificate and its key`);
  }
  const serverName = textOf(cluster['tls-server-name']);
  const token = textOf(user['token']);
  const tokenFile = textOf(user['tokenFile']);
  const as = textOf(user['as']);
  const groups = user['as-groups'];
  return {
    server: new URL(address),
    insecure: cluster['insecure-skip-tls-verify'] === true,
    namespace: textOf(context['namespace']) ?? 'default',
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
    ...(as !== undefined && {
      impersonate: { user: as, ...(Array.isArray(groups) && { groups: groups.map(String) }) },
    }),
    // As in kubectl, a file wins over a token that stands in the text.
    ...(tokenFile !== undefined
      ? { token: tokenFrom(() => readFile(fileOf(tokenFile), 'utf8')) }
      : token !== undefined && { token: () => token }),
  };
}

/** Reads a kubeconfig file; see `readKubeconfig`. */
export async function connectionFromKubeconfig(path: string, context?: string): Promise<Connection> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new ConnectionSettingsError(`kubeconfig ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return readKubeconfig(text, path, context);
}

/** Where kubectl looks: the first file of the list in `KUBECONFIG`, else `~/.kube/config`. */
export function kubeconfigPath(environment: Readonly<Record<string, string | undefined>>): string {
  const [first] = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return first ?? join(homedir(), '.kube', 'config');
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
