import { existsSync } from 'node:fs';
import { type LogKey, NoKey, NotSigned, verifierKeyText } from '@margay/ledger';
import { keyOfCluster, readLogKeyFile, writeNewKey, writeSigner } from '@margay/storage';
import { say, UsageError, write } from '@margay/terminal';
import { Command } from 'commander';
import { rotateCommand } from './key-rotate.ts';
import { sayOpenToOthers } from '../up/open-to-others.ts';

interface Options {
  readonly name?: string;
  readonly witness?: true;
  readonly cluster?: string;
  readonly signer?: string;
}

/** `margay key`: the key of a log, made once, and its other half, which everybody may have. */
export function keyCommand(): Command {
  return new Command('key')
    .addCommand(rotateCommand())
    .argument('<file>', 'where the key that signs is kept, for its owner only')
    .option(
      '--name <name>',
      'with a file that is not there: makes it, for a log of this name, as in margay.example.com/prod',
    )
    .option('--witness', 'makes the key of a witness, which cosigns logs of others')
    .option(
      '--signer <address>',
      'the key stays in a Vault or an OpenBao, whose transit engine signs: its address, as in https://vault.example.com:8200/v1/transit/keys/margay; the file says who has it',
    )
    .option('--cluster <name>', 'prints that of the log of this cluster, where several clusters have one key')
    .addHelpText(
      'after',
      `
Prints the key that checks signatures, for whoever checks reports. The file itself is for LEDGER_KEY_FILE, and for a Secret. Who has it
can sign. Keep a copy: without it nobody announces the next one (margay key rotate --lost).

Examples:
  margay key ledger.key --name margay.example.com/prod
  LEDGER_SIGNER_TOKEN_FILE=token margay key ledger.key --name margay.example.com/prod \\
    --signer https://vault.example.com:8200/v1/transit/keys/margay`,
    )
    .action(async (file: string, { name, witness, cluster, signer }: Options) => {
      if (signer !== undefined && witness === true)
        throw new UsageError('a witness has its key itself: give --signer for that of a log');
      const isThere = existsSync(file);
      if (!isThere && name === undefined)
        throw new UsageError(`${file} is not there: give the name of a log with --name, and its key is made`);
      const key = isThere
        ? readLogKeyFile(file, process.env)
        : await newKey(file, name!, { witness, signer });
      if (name !== undefined && key.name !== name)
        throw new UsageError(`${file} holds the key of the log ${key.name} already: nothing was made`);
      if (witness === true && key.use !== 'witness')
        throw new UsageError(
          `${file} holds the key of a log, ${key.name}, and none of a witness: nothing was made`,
        );
      if (isThere) sayOpenToOthers(file, 'read');
      else say(`Made ${file}.\n`);
      const ofLog = cluster === undefined ? key : keyOfCluster(key, cluster);
      await write(`${verifierKeyText(ofLog)}\n`);
    });
}

/** Makes a key, or names who has it. */
async function newKey(
  file: string,
  name: string,
  { witness, signer }: { readonly witness: true | undefined; readonly signer: string | undefined },
): Promise<LogKey> {
  if (signer === undefined) return writeNewKey(file, name, witness === true ? 'witness' : 'log');
  try {
    return await writeSigner(file, name, signer, process.env);
  } catch (error) {
    if (!(error instanceof NoKey || error instanceof NotSigned)) throw error;
    throw new Error(`Nothing was made: of --signer ${error.message}`, { cause: error });
  }
}
