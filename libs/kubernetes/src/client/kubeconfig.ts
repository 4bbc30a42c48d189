import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { whyNotYaml } from '@margay/ground';
import { load } from 'js-yaml';
import { ConnectionSettingsError, type Connection } from './connection.ts';
import { EXEC_MILLISECONDS, execCredentials, type ExecPlugin } from './exec-plugin.ts';
import { idTokens, type OidcUser } from './oidc.ts';
import { proxyFor } from './proxy.ts';
import { signInBy, type Account } from './sign-in.ts';

type Fields = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** A kubeconfig file's content, and where it lies: relative files in it lie beside it. */
export interface KubeconfigFile {
  readonly path: string;
  readonly text: string;
}

export interface KubeconfigOptions {
  /** The context to take; `current-context` unless set. */
  readonly context?: string;
  /** Where proxies are named for clusters that name none. */
  readonly environment?: Environment;
  /** For how long a sign-in program may think: 30 s unless set. */
  readonly execMilliseconds?: number;
}

/**
 * The connection that kubeconfigs describe: what the first of them says of a name counts, as in kubectl.
 *
 * Users may sign in by a token, a token file, a client certificate, a program (`exec`), an OpenID provider (`oidc`) or a
 * password. Throws `ConnectionSettingsError` where the files contradict themselves; programs and providers are asked at
 * the first request, and the files are read again when what they say is refused.
 *
 * @param read gives the files: read now, and again when the API server refuses what they hold.
 */
export function connectionFrom(
  read: () => readonly KubeconfigFile[],
  options: KubeconfigOptions = {},
): Connection {
  const { origin, namespace, server } = entryOf(read(), options);
  const remembered: Remembered = {};
  const signIn = signInBy(origin, () => accountOf(entryOf(read(), options), options, remembered));
  return { server, namespace, origin, signIn };
}

/** The connection that the text of one kubeconfig describes; see `connectionFrom`. */
export function readKubeconfig(text: string, path: string, context?: string): Connection {
  return connectionFrom(() => [{ path, text }], { ...(context !== undefined && { context }) });
}

/** Reads kubeconfig files; see `connectionFrom`. Of several, those that are not there are passed over, as kubectl does. */
export function connectionFromKubeconfig(
  paths: string | readonly string[],
  options: KubeconfigOptions = {},
): Connection {
  const all = typeof paths === 'string' ? [paths] : paths;
  return connectionFrom(() => filesAt(all), options);
}

/** Where kubectl looks: the files of the list in `KUBECONFIG`, else `~/.kube/config`. */
export function kubeconfigPaths(environment: Environment): string[] {
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}

function filesAt(paths: readonly string[]): KubeconfigFile[] {
  const files: KubeconfigFile[] = [];
  let missing: Error | undefined;
  for (const path of paths) {
    try {
      files.push({ path, text: readFileSync(path, 'utf8') });
    } catch (error) {
      missing = error as Error;
      if (paths.length > 1 && (error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new ConnectionSettingsError(`kubeconfig ${path} cannot be read: ${missing.message}`, {
        cause: error,
      });
    }
  }
  if (files.length > 0) return files;
  throw new ConnectionSettingsError(`None of the kubeconfigs ${paths.join(', ')} is there`, {
    cause: missing,
  });
}

const NAMES_SHOWN = 5;

/** One context with its cluster and user, each with the folder of the file that it was found in. */
interface Entry {
  readonly path: string;
  /** How messages that concern the whole begin: `kubeconfig /k (context "c", user "u")`. */
  readonly origin: string;
  readonly server: URL;
  readonly namespace: string;
  readonly clusterName: string;
  readonly cluster: Fields;
  readonly clusterFolder: string;
  readonly userName: string;
  readonly user: Fields;
  readonly userFolder: string;
}

function entryOf(files: readonly KubeconfigFile[], { context: wanted }: KubeconfigOptions): Entry {
  const read = files.map(({ path, text }) => ({ path, config: parse(text, path) }));
  const path = files.map((file) => file.path).join(delimiter);
  const named = (list: string, item: string, name: string) => {
    const entries = read.flatMap(({ path: at, config }) =>
      listOf(config[list]).map((entry) => ({ entry, folder: dirname(at) })),
    );
    const found = entries.find(({ entry }) => entry['name'] === name);
    if (found) return { fields: fieldsOf(found.entry[item]), folder: found.folder };
    const others = entries.slice(0, NAMES_SHOWN).map(({ entry }) => `"${String(entry['name'])}"`);
    const there = others.length === 0 ? 'it is empty' : `it has ${others.join(', ')}`;
    const more = entries.length > NAMES_SHOWN ? ` and ${entries.length - NAMES_SHOWN} more` : '';
    return fail(path, `there is no entry "${name}" in ${list}: ${there}${more}`);
  };

  const current = wanted ?? read.map(({ config }) => textOf(config['current-context'])).find(Boolean);
  if (current === undefined) return fail(path, 'it has no current-context; set one or name a context');
  const context = named('contexts', 'context', current).fields;
  const clusterName = textOf(context['cluster']) ?? '';
  const cluster = named('clusters', 'cluster', clusterName);
  const userName = textOf(context['user']);
  const nobody = { fields: {}, folder: cluster.folder };
  const user = userName === undefined ? nobody : named('users', 'user', userName);
  const address = textOf(cluster.fields['server']) ?? '';
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    return fail(path, `the server of the cluster "${clusterName}" is no address: it begins with https://`);
  }
  return {
    path,
    origin: `kubeconfig ${path} (context "${current}"${userName === undefined ? '' : `, user "${userName}"`})`,
    server: new URL(address),
    namespace: textOf(context['namespace']) ?? 'default',
    clusterName,
    cluster: cluster.fields,
    clusterFolder: cluster.folder,
    userName: userName ?? '',
    user: user.fields,
    userFolder: user.folder,
  };
}

/** What outlives the reading of the files: a provider may have replaced the refresh token that stands in them. */
interface Remembered {
  oidc?: { readonly of: string; readonly tokens: ReturnType<typeof idTokens> };
}

function accountOf(entry: Entry, options: KubeconfigOptions, remembered: Remembered): Account {
  const { path, server, cluster, clusterFolder, user, userFolder, userName } = entry;
  const certificate = pemOf(user, 'client-certificate', userFolder, path);
  const key = pemOf(user, 'client-key', userFolder, path);
  if ((certificate === undefined) !== (key === undefined)) {
    return fail(path, `user "${userName}" needs both a client certificate and its key`);
  }
  const ca = pemOf(cluster, 'certificate-authority', clusterFolder, path);
  const serverName = textOf(cluster['tls-server-name']);
  const proxyUrl = textOf(cluster['proxy-url']) ?? proxyFor(server, options.environment ?? process.env);
  if (proxyUrl !== undefined && !/^(https?|socks[45]?[ah]?):\/\/./.test(proxyUrl)) {
    return fail(path, 'the proxy is no http, https or socks address: see proxy-url and HTTPS_PROXY');
  }
  const token = textOf(user['token']);
  const tokenFile = textOf(user['tokenFile']);
  const username = textOf(user['username']);
  const as = textOf(user['as']);
  const credential = credentialOf(entry, options, remembered);
  return {
    cluster: {
      name: entry.clusterName,
      server: server.href.replace(/\/+$/, ''),
      // Plain HTTP is what `kubectl proxy` serves; the library wants to hear that nothing is verified there.
      skipTLSVerify: cluster['insecure-skip-tls-verify'] === true || server.protocol === 'http:',
      ...(ca && { caData: ca.data, caFile: ca.file }),
      ...(serverName !== undefined && { tlsServerName: serverName }),
      ...(proxyUrl !== undefined && { proxyUrl }),
    },
    user: {
      name: userName,
      ...(certificate && { certData: certificate.data, certFile: certificate.file }),
      ...(key && { keyData: key.data, keyFile: key.file }),
      // As in kubectl, a file wins over a token that stands in the text.
      ...(tokenFile !== undefined
        ? { authProvider: tokenInFile(resolve(userFolder, tokenFile)) }
        : token !== undefined && { token }),
      ...(username !== undefined && { username, password: textOf(user['password']) ?? '' }),
      ...(as !== undefined && { impersonateUser: as }),
    },
    headers: impersonation(user),
    ...(credential && { credential }),
  };
}

/** How the library is told of a token that lies in a file and is replaced there. */
export function tokenInFile(path: string): object {
  return { name: 'tokenFile', config: { tokenFile: path } };
}

/** Who has the credential, where the kubeconfig has none itself. */
function credentialOf(
  { path, origin, server, user, userName, userFolder, cluster, clusterFolder }: Entry,
  { execMilliseconds = EXEC_MILLISECONDS }: KubeconfigOptions,
  remembered: Remembered,
): Account['credential'] {
  if (isGiven(user['exec'])) {
    const exec = fieldsOf(user['exec']);
    const command = textOf(exec['command']);
    if (command === undefined) return fail(path, `user "${userName}" signs in by exec, without a command`);
    const installHint = textOf(exec['installHint']);
    const plugin: ExecPlugin = {
      command,
      args: textsOf(exec['args']),
      env: Object.fromEntries(
        listOf(exec['env']).map(({ name, value }) => [String(name), textOf(value) ?? ''] as const),
      ),
      apiVersion: textOf(exec['apiVersion']) ?? 'client.authentication.k8s.io/v1',
      needsTerminal: exec['interactiveMode'] === 'Always',
      folder: userFolder,
      ...(installHint !== undefined && { installHint }),
      ...(exec['provideClusterInfo'] === true && { cluster: told(cluster, clusterFolder, server, path) }),
    };
    return execCredentials(plugin, origin, execMilliseconds);
  }
  if (!isGiven(user['auth-provider'])) return undefined;
  const provider = fieldsOf(user['auth-provider']);
  const name = textOf(provider['name']);
  if (name !== 'oidc') {
    return fail(
      path,
      `user "${userName}" signs in by auth-provider "${name}", which Kubernetes has given up: let your cloud's own ` +
        'program write the kubeconfig anew, so that it signs in by exec',
    );
  }
  const config = fieldsOf(provider['config']);
  const of = JSON.stringify(config);
  if (remembered.oidc?.of !== of) {
    remembered.oidc = { of, tokens: idTokens(oidcUser(config, userFolder, path), origin) };
  }
  const { tokens } = remembered.oidc;
  return async (renew) => ({ token: await tokens(renew) });
}

function oidcUser(config: Fields, folder: string, path: string): OidcUser {
  const ca = pemOf(config, 'idp-certificate-authority', folder, path);
  const fields = {
    idToken: textOf(config['id-token']),
    refreshToken: textOf(config['refresh-token']),
    issuer: textOf(config['idp-issuer-url']),
    clientId: textOf(config['client-id']),
    clientSecret: textOf(config['client-secret']),
    ca:
      ca &&
      (ca.data === undefined
        ? readFileSync(ca.file, 'utf8')
        : Buffer.from(ca.data, 'base64').toString('utf8')),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What a sign-in program may want to know of the cluster. */
function told(cluster: Fields, folder: string, server: URL, path: string): Fields {
  const ca = pemOf(cluster, 'certificate-authority', folder, path);
  const extension = listOf(cluster['extensions']).find(
    ({ name }) => name === 'client.authentication.k8s.io/exec',
  );
  return {
    server: server.href,
    ...(isGiven(cluster['tls-server-name']) && { 'tls-server-name': cluster['tls-server-name'] }),
    ...(cluster['insecure-skip-tls-verify'] === true && { 'insecure-skip-tls-verify': true }),
    ...(isGiven(cluster['proxy-url']) && { 'proxy-url': cluster['proxy-url'] }),
    ...(ca && { 'certificate-authority-data': ca.data ?? readFileSync(ca.file).toString('base64') }),
    ...(extension && { config: extension['extension'] }),
  };
}

/** The library knows `as`; these belong to it. */
function impersonation(user: Fields): Record<string, string | string[]> {
  const uid = textOf(user['as-uid']);
  const groups = textsOf(user['as-groups']);
  const extra = Object.entries(fieldsOf(user['as-user-extra']));
  return {
    ...(uid !== undefined && { 'impersonate-uid': uid }),
    ...(groups.length > 0 && { 'impersonate-group': groups }),
    ...Object.fromEntries(
      extra.map(([name, values]) => [
        `impersonate-extra-${encodeURIComponent(name.toLowerCase())}`,
        textsOf(values),
      ]),
    ),
  };
}

type Pem =
  { readonly data: string; readonly file?: never } | { readonly data?: never; readonly file: string };

/** The PEM text in the field `<name>-data`, as base64, or the file that the field `<name>` names, which is there. */
function pemOf(fields: Fields, name: string, folder: string, path: string): Pem | undefined {
  const data = textOf(fields[`${name}-data`]);
  if (data !== undefined) return { data };
  const named = textOf(fields[name]);
  if (named === undefined) return undefined;
  const file = resolve(folder, named);
  try {
    readFileSync(file);
  } catch (error) {
    return fail(path, `${name} cannot be read: ${(error as Error).message}`);
  }
  return { file };
}

function parse(text: string, path: string): Fields {
  try {
    // An empty file says nothing, as in kubectl.
    return text.trim() === '' ? {} : fieldsOf(load(text));
  } catch (error) {
    return fail(path, `not YAML${whyNotYaml(error)}`);
  }
}

function fail(path: string, what: string): never {
  throw new ConnectionSettingsError(`kubeconfig ${path}: ${what}`);
}

/** Whether a field says something: empty ones are often written as null. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
