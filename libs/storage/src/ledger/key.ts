import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import {
  keyNamed,
  type LogKey,
  NoKey,
  readSigningKey,
  readVerifierKey,
  type Signer,
  signingKey,
  type SigningKey,
  signingKeyText,
  verifierKeyText,
} from '@margay/ledger';
import { keepNames, type Environment } from '@margay/runtime';
import * as z from 'zod';
import type { Stores } from '../stores.ts';
import { signerAccess, signerSettings } from './signer-access.ts';
import { transitKey, transitSigner } from './transit.ts';

/** The key that the log of reports is signed with. */
export const ledgerSettings = {
  LEDGER_KEY: z.string().optional().meta({
    description:
      'Key that the log of reports is signed with, as `margay key` makes it, or who has it; there is no log unless it is set.',
    secret: true,
  }),
  ...signerSettings,
};

/** The setting of the log's key, parsed. */
export type LedgerConfig = Pick<z.output<z.ZodObject<typeof ledgerSettings>>, 'LEDGER_KEY'>;

/** The key of the settings; undefined where none is set. @throws Error that names the setting, and never says the key. */
export const ledgerKeyOf = (
  { LEDGER_KEY: text }: LedgerConfig,
  environment: Environment,
): LogKey | undefined => (text === undefined ? undefined : logKeyIn(text, 'LEDGER_KEY', environment));

/**
 * The key of the settings as it is now: where it is in a file it may be another one by then, after `margay key rotate`. While the file cannot
 * be read, or holds none, it is the one that it was.
 *
 * @throws Error as `ledgerKeyOf`, at the first reading.
 */
export function ledgerKeyNow(config: LedgerConfig, environment: Environment): () => LogKey | undefined {
  let key = ledgerKeyOf(config, environment);
  let known = config.LEDGER_KEY;
  const file = environment['LEDGER_KEY_FILE'];
  if (!file) return () => key;
  return () => {
    try {
      const text = textOf(file).trim();
      // Whoever has the key is known by then, and what he said.
      if (text !== known) key = logKeyIn(text, file, environment);
      known = text;
    } catch {
      // It may be under way to another one.
    }
    return key;
  };
}

/**
 * The key of a cluster's log, of whose name there is no other log. Where several clusters have one key, each log but one that the key signed
 * before has the name `NAME/CLUSTER`, and the key that follows from it.
 *
 * @param key that of the settings; without one there is no log.
 */
export async function ledgerKeyFor<K extends LogKey | undefined>(
  key: K,
  { ledger }: Pick<Stores, 'ledger'>,
  cluster: string,
  clusters: readonly string[],
): Promise<K | LogKey> {
  if (key === undefined || clusters.length < 2) return key;
  const isOld = (await ledger.head())?.key === verifierKeyText(key);
  return isOld ? key : keyOfCluster(key, cluster);
}

/** The key of the log of one of several clusters that have one key. */
export const keyOfCluster = (key: LogKey, cluster: string): LogKey => keyNamed(key, `${key.name}/${cluster}`);

/** The key in a file. @throws Error that names the file, and never says the key. */
export const readKeyFile = (file: string): SigningKey => keyIn(keyText(file), file);

/** The key in a file, or who has it. @throws Error as `readKeyFile`. */
export const readLogKeyFile = (file: string, environment: Environment): LogKey =>
  logKeyIn(keyText(file), file, environment);

function keyText(file: string): string {
  try {
    return textOf(file);
  } catch (error) {
    throw new Error(`Cannot read the key of the log, ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Of a pipe nothing would come, for ever. */
function textOf(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('it is no file');
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes a key and keeps it in a file that only its owner may read. Where the file is there by then, its key is the one.
 *
 * @throws Error that names the file where it cannot be written; none is left behind.
 */
export function writeNewKey(file: string, name: string, use: SigningKey['use'] = 'log'): SigningKey {
  keepKey(file, signingKeyText(signingKey(name, randomBytes(32), use)));
  return readKeyFile(file);
}

/**
 * Keeps in a file who has the key of a log, which is asked for its half that checks. Where the file is there by then, its key is the one.
 *
 * @param address that of a key of a transit engine.
 * @throws Error where the file cannot be written; NoKey for an address or a name that is none; NotSigned where whoever has the key does not say it.
 */
export async function writeSigner(
  file: string,
  name: string,
  address: string,
  environment: Environment,
): Promise<LogKey> {
  const key = await transitKey(address, name, { access: () => signerAccess(environment) });
  keepKey(file, `${verifierKeyText(key)} ${address}`);
  return readLogKeyFile(file, environment);
}

function keepKey(file: string, line: string): void {
  const made = `${file}.${process.pid}`;
  const text = `${line}\n`;
  try {
    // A log whose key a power cut took away could never go on.
    writeFileSync(made, text, { mode: 0o600, flush: true });
    linkSync(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new Error(`The key of a log cannot be written to ${file}: ${(error as Error).message}`, {
        cause: error,
      });
  } finally {
    rmSync(made, { force: true });
  }
  keepNames(dirname(file));
}

/** Who has a key stands there as its half for checking and where he is asked. */
function logKeyIn(text: string, place: string, environment: Environment): LogKey {
  const [half = '', address, ...more] = text.trim().split(/\s+/);
  if (address === undefined) return keyIn(text, place);
  return named(place, () => {
    if (more.length > 0) throw new NoKey('it must be a key, or the half for checking and an address');
    const key = readVerifierKey(half);
    if (key.use !== 'log') throw new NoKey('it is that of a witness, which has its key itself');
    return transitSigner(key, address, { access: () => signerAccess(environment) });
  });
}

const keyIn = (text: string, place: string): SigningKey => named(place, () => readSigningKey(text.trim()));

function named<K extends SigningKey | Signer>(place: string, read: () => K): K {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NoKey)) throw error;
    throw new Error(
      `${place} holds no key of a log: ${error.message}. If it was lost, put it back from a backup; where there is none, margay key rotate --lost has the log go on with another key.`,
      { cause: error },
    );
  }
}
