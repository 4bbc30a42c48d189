import { readFile } from 'node:fs/promises';
import { jsonOf } from '@margay/ground';
import { verifyReport } from '@margay/reports';
import { Command } from 'commander';
import { FAILED } from '../exit.ts';
import { write } from '../write.ts';

/** `margay verify`: whether an exported report is what was computed. */
export function verifyCommand(): Command {
  return new Command('verify')
    .argument('<report.json...>', 'exported reports')
    .addHelpText('after', '\nExit code 1 when a report was changed.')
    .action(async (paths: string[], _options: unknown, command: Command & { exitCode?: number }) => {
      for (const path of paths) {
        const verification = verifyReport(await readJson(path));
        if (verification.ok) await write(`${path}: intact, sha256 ${verification.digest}\n`);
        else {
          command.exitCode = FAILED;
          await write(`${path}: NOT INTACT: ${verification.reason}\n`);
        }
      }
    });
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  });
  const read = jsonOf(text);
  if ('problem' in read) throw new Error(`Cannot read ${path}: ${read.problem}`);
  return read.value;
}
