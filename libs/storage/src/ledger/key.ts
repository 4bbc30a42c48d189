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
  NoKey,
  readSigningKey,
  signingKey,
  type SigningKey,
  signingKeyText,
  verifierKeyText,
} from '@margay/ledger';
import { keepNames } from '@margay/runtime';
import * as z from 'zod';
import type { Stores } from '../stores.ts';

/** The key that the log of reports is signed with. */
export const ledgerSettings = {
  LEDGER_KEY: z.string().optional().meta({
    description:
      'Key that the log of reports is signed with, as `margay key` makes it; there is no log unless it is set.',
    secret: true,
  }),
};

/** The settings of the log, parsed. */
export type LedgerConfig = z.output<z.ZodObject<typeof ledgerSettings>>;

/** The key of the settings; undefined where none is set. @throws Error that names the setting, and never says the key. */
export const ledgerKeyOf = ({ LEDGER_KEY: text }: LedgerConfig): SigningKey | undefined =>
  text === undefined ? undefined : keyIn(text, 'LEDGER_KEY');

/**
 * The key of the settings as it is now: where it is in a file it may be another one by then, after `margay key rotate`. While the file cannot
 * be read, or holds none, it is the one that it was.
 *
 * @throws Error as `ledgerKeyOf`, at the first reading.
 */
export function ledgerKeyNow(
  config: LedgerConfig,
  environment: Readonly<Record<string, string | undefined>>,
): () => SigningKey | undefined {
  let key = ledgerKeyOf(config);
  const file = environment['LEDGER_KEY_FILE'];
  if (!file) return () => key;
  return () => {
    try {
      key = readKeyFile(file);
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
export async function ledgerKeyFor<K extends SigningKey | undefined>(
  key: K,
  { ledger }: Pick<Stores, 'ledger'>,
  cluster: string,
  clusters: readonly string[],
): Promise<K | SigningKey> {
  if (key === undefined || clusters.length < 2) return key;
  const isOld = (await ledger.head())?.key === verifierKeyText(key);
  return isOld ? key : keyOfCluster(key, cluster);
}

/** The key of the log of one of several clusters that have one key. */
export const keyOfCluster = (key: SigningKey, cluster: string): SigningKey =>
  signingKey(`${key.name}/${cluster}`, key.seed, key.use);

/** The key in a file. @throws Error that names the file, and never says the key. */
export function readKeyFile(file: string): SigningKey {
  let text: string;
  try {
    text = textOf(file);
  } catch (error) {
    throw new Error(`Cannot read the key of the log, ${file}: ${(error as Error).message}`, { cause: error });
  }
  return keyIn(text, file);
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
  const made = `${file}.${process.pid}`;
  const text = `${signingKeyText(signingKey(name, randomBytes(32), use))}\n`;
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
  return readKeyFile(file);
}

function keyIn(text: string, place: string): SigningKey {
  try {
    return readSigningKey(text.trim());
  } catch (error) {
    if (!(error instanceof NoKey)) throw error;
    throw new Error(
      `${place} holds no key of a log: ${error.message}. If it was lost, put it back from a backup; where there is none, margay key rotate --lost has the log go on with another key.`,
      { cause: error },
    );
  }
}
