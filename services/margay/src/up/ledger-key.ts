import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type SigningKey, verifierKeyText } from '@margay/ledger';
import { readConfig, type Environment } from '@margay/runtime';
import { ledgerKeyOf, ledgerSettings, readKeyFile, writeNewKey } from '@margay/storage';
import * as z from 'zod';
import { say } from '../write.ts';

/**
 * The key that the log of a data folder is signed with: the one that the variables name, else the folder's own, made once. Whoever is at
 * the terminal is told then.
 *
 * @throws Error where there is none and none can be made.
 */
export function ledgerKeyIn(directory: string, cluster: string, environment: Environment): SigningKey {
  const given = ledgerKeyOf(readConfig(z.object(ledgerSettings), environment));
  if (given !== undefined) return given;
  const file = join(directory, 'ledger.key');
  if (existsSync(file)) return readKeyFile(file);
  const key = writeNewKey(file, originOf(cluster));
  say(
    `Reports are logged, and the log is signed with a new key, ${file}. Whoever checks them needs:\n  ${verifierKeyText(key)}\n`,
  );
  return key;
}

/** The log's name in checkpoints, where nobody chose one. */
const originOf = (cluster: string): string => `margay/${encodeURIComponent(cluster)}`;
