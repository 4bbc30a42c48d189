import {
  canSign,
  keyNamed,
  type LogKey,
  NoKey,
  NotSigned,
  readVerifierKey,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { changeLogKey, ledgerKeyFor, LogRefused, readLogKeyFile } from '@margay/storage';
import { say, UsageError, write } from '@margay/terminal';
import { Command } from 'commander';
import { connectStoresToWrite } from '../connections.ts';

interface Options {
  readonly from?: string;
  readonly lost?: string;
  readonly data?: string;
}

/** `margay key rotate`: has a log go on with another key, which an entry of the log says. */
export function rotateCommand(): Command {
  return new Command('rotate')
    .description(
      'Have a log go on with another key: an entry of the log says so, signed by the old one where it is there.',
    )
    .argument('<file>', 'the new key, as margay key makes it, of the same name')
    .option('--from <file>', 'the old key, which announces the new one')
    .option(
      '--lost <key>',
      'the old key was lost: its half that checks signatures; nobody announces the new one',
    )
    .option(
      '--data <dir>',
      'folder of margay up, which must not run; the Elasticsearch of ELASTICSEARCH_URLS unless given',
    )
    .addHelpText(
      'after',
      `
Reports that were logged before stay verifiable. Who has the old key's half for checking sees from the announcement that the new one follows
it; where the old one was lost, give the new one to whoever checks reports. A key that signed the log before is refused. Then give the new key to the workers (LEDGER_KEY_FILE, the Secret,
ledger.key in the data folder), and start them again: with the old one they refuse the log.

Example:
  margay key new.key --name margay.example.com/prod
  margay key rotate new.key --from ledger.key --data ./data/my-cluster`,
    )
    .action(async (file: string, options: Options) => {
      const next = readLogKeyFile(file, process.env);
      const old = oldKey(options);
      const { stores, cluster, clusters } = await connectStoresToWrite(options.data);
      try {
        const before = canSign(old) ? await ledgerKeyFor(old, stores, cluster, clusters) : old;
        const key = keyNamed(next, nameFor(next, old, before));
        const { size } = await changed(changeLogKey(stores.ledger, before, key));
        say(
          `Entry ${size - 1} of the log says that ${key.name}+${key.id} signs it from now on. Give it to the workers.\n`,
        );
        await write(`${verifierKeyText(key)}\n`);
      } finally {
        await stores.close();
      }
    });
}

function oldKey({ from, lost }: Options): LogKey | VerifierKey {
  if ((from === undefined) === (lost === undefined))
    throw new UsageError('give the old key with --from, or with --lost where it was lost');
  if (from !== undefined) return readLogKeyFile(from, process.env);
  try {
    return readVerifierKey(lost!.trim());
  } catch (error) {
    if (!(error instanceof NoKey)) throw error;
    throw new UsageError(`--lost is no key for checking: ${error.message}`);
  }
}

/** The log's own name, where several clusters have one key: their logs' names follow from it. */
const nameFor = (next: VerifierKey, old: VerifierKey, before: VerifierKey): string =>
  next.name === old.name ? before.name : next.name;

async function changed<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof NoKey)
      throw new Error(`The new key is none for this log: ${error.message}`, { cause: error });
    if (error instanceof LogRefused) throw new Error(error.message, { cause: error });
    if (error instanceof NotSigned)
      throw new Error(`Nothing was changed: whoever has the key does not sign: ${error.message}`, {
        cause: error,
      });
    throw error;
  }
}
