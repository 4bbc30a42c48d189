import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LogKey, verifierKeyText } from '@margay/ledger';
import { readConfig, type Environment } from '@margay/runtime';
import {
  checkLogKey,
  databaseIn,
  ledgerKeyOf,
  ledgerSettings,
  openEmbedded,
  readLogKeyFile,
  writeNewKey,
} from '@margay/storage';
import { say } from '@margay/terminal';
import * as z from 'zod';
import { compareWithKept } from './key-head.ts';
import { sayOpenToOthers } from './open-to-others.ts';

/**
 * The key that the log of a data folder is signed with: the one that the variables name, else the folder's own, made once. Whoever is at
 * the terminal is told then, and where a key that lies elsewhere signed another log. A log that was begun goes on with no other key: for that none is made.
 *
 * @throws Error where there is none and none can be made, the folder has a log already, or one of another key.
 */
export async function ledgerKeyIn(
  directory: string,
  cluster: string,
  environment: Environment,
): Promise<LogKey> {
  const file = join(directory, 'ledger.key');
  const known =
    ledgerKeyOf(readConfig(z.object(ledgerSettings), environment), environment) ?? ownKey(file, environment);
  const hasLog = await lookAtLog(directory, known);
  if (known !== undefined) await sayOtherHead(directory, known, environment);
  if (known !== undefined) return known;
  if (hasLog) {
    throw new Error(
      `${file} is not there, and the log of reports in ${databaseIn(directory)} was begun with a key: put the file back from a backup, or name that key with LEDGER_KEY_FILE; where there is none, margay key rotate --lost has the log go on with another key.`,
    );
  }
  const key = writeNewKey(file, originOf(cluster));
  say(
    `Reports are logged, and the log is signed with a new key, ${file}. Whoever checks them needs:\n  ${verifierKeyText(key)}\n`,
  );
  return key;
}

function ownKey(file: string, environment: Environment): LogKey | undefined {
  if (!existsSync(file)) return undefined;
  const key = readLogKeyFile(file, environment);
  sayOpenToOthers(file, 'read');
  return key;
}

/** Tells whoever is at the terminal where a key that lies elsewhere signed a log that the folder's does not go on from; else keeps its head there. */
export async function sayOtherHead(
  directory: string,
  key: LogKey,
  { LEDGER_KEY_FILE: keyFile }: Environment,
): Promise<void> {
  if (!keyFile) return;
  // A folder that is begun has no database yet.
  const stores = openEmbedded(existsSync(databaseIn(directory)) ? directory : ':memory:');
  try {
    const words = await compareWithKept(stores, keyFile, key);
    if (words !== undefined) say(words);
  } finally {
    await stores.close();
  }
}

/**
 * Whether a folder has a log.
 *
 * @throws LogRefused where another key signed it.
 */
async function lookAtLog(directory: string, key: LogKey | undefined): Promise<boolean> {
  if (!existsSync(databaseIn(directory))) return false;
  // Not only to read: one of an older release has no tables of a log yet.
  const stores = openEmbedded(directory);
  try {
    if (key !== undefined) await checkLogKey(stores.ledger, key);
    return (await stores.ledger.head()) !== undefined;
  } finally {
    await stores.close();
  }
}

/** The log's name in checkpoints, where nobody chose one. */
const originOf = (cluster: string): string => `margay/${encodeURIComponent(cluster)}`;
