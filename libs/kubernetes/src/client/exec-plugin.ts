import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { ConnectionSettingsError } from './connection.ts';

/**
 * A program that hands out credentials, as kubeconfigs of managed clouds name one (`aws eks get-token`,
 * `gke-gcloud-auth-plugin`, `kubelogin get-token`).
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export interface ExecPlugin {
  /** Found in `PATH`, or a path; a relative one lies beside the kubeconfig. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to our own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** `client.authentication.k8s.io/v1` or `/v1beta1`. */
  readonly apiVersion: string;
  /** What the kubeconfig's author says to whoever lacks the program. */
  readonly installHint?: string;
  /** True = it cannot do without a person at a terminal. */
  readonly needsTerminal: boolean;
  /** What the program is told of the cluster, where the kubeconfig says that it is to be told. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** The kubeconfig's folder. */
  readonly folder: string;
}

/** What such a program hands out. */
export interface ExecCredential {
  readonly token?: string;
  /** PEM client certificate and key: both or neither. */
  readonly certificate?: string;
  readonly key?: string;
  /** Milliseconds since 1970; absent = until it is refused. */
  readonly expires?: number;
}

/** Sign-in programs ask a cloud's servers: that takes seconds, not minutes. */
export const EXEC_MILLISECONDS = 30_000;
/** Far beyond any credential; what prints more is no such program. */
const OUTPUT_BYTES_MAX = 1024 * 1024;
const COMPLAINT_CHARACTERS = 500;

/**
 * Runs a sign-in program and reads the credential that it prints. It gets no terminal: nobody can answer it.
 *
 * Whatever goes wrong rejects with `ConnectionSettingsError`. What the program printed is never part of the message,
 * because it may be a secret; what it complained of is.
 *
 * @param user how messages begin: `kubeconfig /k: user "u" (context "c")`.
 */
export async function runExecPlugin(
  plugin: ExecPlugin,
  user: string,
  milliseconds = EXEC_MILLISECONDS,
): Promise<ExecCredential> {
  const fail = (what: string, cause?: unknown): never => {
    throw new ConnectionSettingsError(`${user} signs in by "${plugin.command}", which ${what}`, { cause });
  };
  if (plugin.needsTerminal) fail('needs a person at a terminal: name a user that signs in without one');
  let ended: Ended;
  try {
    ended = await run(plugin, milliseconds);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = plugin.installHint?.trim().replaceAll(/\s+/g, ' ');
    if (code !== 'ENOENT') return fail(`cannot be started: ${message}`, error);
    const where = isPath(plugin.command) ? resolve(plugin.folder, plugin.command) : 'PATH';
    return fail(`is not installed here (looked for in ${where})${hint ? `. ${hint}` : ''}`, error);
  }
  const { stdout, code, signal, stopped } = ended;
  const complaint = ended.stderr.trim().replaceAll(/\s+/g, ' ').slice(-COMPLAINT_CHARACTERS);
  const said = complaint === '' ? ' and said nothing' : `: ${complaint}`;
  if (stopped === 'time') return fail(`gave no credential within ${milliseconds / 1000} s${said}`);
  if (stopped === 'output') return fail('printed more than a credential is long: is it the right program?');
  if (signal !== null) return fail(`was ended by ${signal}${said}`);
  if (code !== 0) return fail(`failed with exit code ${code}${said}`);
  const credential = readCredential(stdout);
  if (typeof credential === 'string') return fail(`${credential}${complaint && `; it said: ${complaint}`}`);
  if (credential.expires !== undefined && credential.expires <= Date.now()) {
    const at = new Date(credential.expires).toISOString();
    return fail(`handed out a credential that expired at ${at}: is the clock of this machine right?`);
  }
  return credential;
}

const isPath = (command: string): boolean => /[/\\]/.test(command);

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it did not end by itself. */
  readonly stopped?: 'time' | 'output';
}

function run(plugin: ExecPlugin, milliseconds: number): Promise<Ended> {
  const { command, args, env, apiVersion, cluster, folder } = plugin;
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(cluster && { cluster }) },
  };
  return new Promise((fulfil, reject) => {
    const child = spawn(isPath(command) ? resolve(folder, command) : command, args, {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it started ends with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let stdout = '';
    let stderr = '';
    const stop = (stopped: 'time' | 'output') => {
      over();
      kill(child);
      child.stdout.destroy();
      child.stderr.destroy();
      fulfil({ stdout, stderr, code: null, signal: null, stopped });
    };
    const late = setTimeout(() => stop('time'), milliseconds);
    // In a group of its own it would outlive us.
    const leave = () => kill(child);
    process.once('exit', leave);
    const over = () => {
      clearTimeout(late);
      process.off('exit', leave);
    };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      stdout += piece;
      if (stdout.length > OUTPUT_BYTES_MAX) stop('output');
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      stderr = (stderr + piece).slice(-4 * COMPLAINT_CHARACTERS);
    });
    child.on('error', (error) => {
      over();
      reject(error);
    });
    child.on('close', (code, signal) => {
      over();
      fulfil({ stdout, stderr, code, signal });
    });
  });
}

function kill(child: ChildProcess): void {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}

/** The credential in what was printed, or what is wrong with it. */
function readCredential(text: string): ExecCredential | string {
  let printed: { kind?: unknown; status?: Record<string, unknown> | null } | null;
  try {
    printed = JSON.parse(text) as typeof printed;
  } catch {
    return `printed ${text.trim() === '' ? 'nothing' : 'what is no JSON'} where an ExecCredential was due`;
  }
  if (printed?.kind !== 'ExecCredential' || typeof printed.status !== 'object' || printed.status === null) {
    return 'printed JSON that is no ExecCredential with a status';
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = printed.status;
  const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const certificate = textOf(clientCertificateData);
  const key = textOf(clientKeyData);
  const bearer = textOf(token)?.trim();
  if ((certificate === undefined) !== (key === undefined)) {
    return 'printed an ExecCredential with a client certificate or a key, but not both';
  }
  if (bearer === undefined && certificate === undefined) {
    return 'printed an ExecCredential without a token and without a client certificate';
  }
  if (bearer !== undefined && !/^[\x21-\x7e]+$/.test(bearer)) return 'printed a token that is none';
  const expiry = textOf(expirationTimestamp);
  const expires = expiry === undefined ? undefined : Date.parse(expiry);
  if (Number.isNaN(expires)) return 'printed an expirationTimestamp that is no time';
  return {
    ...(bearer !== undefined && { token: bearer }),
    ...(certificate !== undefined && key !== undefined && { certificate, key }),
    ...(expires !== undefined && { expires }),
  };
}

/** A credential that runs out while it is under way is refused. */
const SPARE_MILLISECONDS = 10_000;

/** The credentials of a sign-in program, which is run when there is none, when the last one runs out or was refused. */
export function execCredentials(
  plugin: ExecPlugin,
  user: string,
  milliseconds = EXEC_MILLISECONDS,
): (renew: boolean) => Promise<ExecCredential> {
  let known: ExecCredential | undefined;
  let running: Promise<ExecCredential> | undefined;
  return async (renew) => {
    if (!renew && known && (known.expires ?? Infinity) > Date.now() + SPARE_MILLISECONDS) return known;
    running ??= runExecPlugin(plugin, user, milliseconds).finally(() => (running = undefined));
    return (known = await running);
  };
}
