import { readFile } from 'node:fs/promises';
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
        let json: unknown;
        try {
          json = JSON.parse(await readFile(path, 'utf8'));
        } catch (error) {
          throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
        }
        const verification = verifyReport(json);
        if (verification.ok) await write(`${path}: intact, sha256 ${verification.digest}\n`);
        else {
          command.exitCode = FAILED;
          await write(`${path}: NOT INTACT: ${verification.reason}\n`);
        }
      }
    });
}
