import { say, FAILED, UsageError, WRONG_USAGE } from '@margay/terminal';
import { CommanderError } from 'commander';
import { verifyCommand } from './verify-command.ts';

/** The verifier alone, for whoever has no Margay: `margay-verify FILE… --key KEY`. Exit codes are those of `margay verify`. */
const command = verifyCommand()
  .name('margay-verify')
  .description(
    'Check offline that a report.json or evidence.zip of Margay is what was computed, and who says so.',
  )
  .exitOverride()
  .showHelpAfterError('(run it with --help to see every option)');
try {
  await command.parseAsync(process.argv.slice(2), { from: 'user' });
  process.exitCode = (command as { exitCode?: number }).exitCode ?? 0;
} catch (error) {
  process.exitCode =
    error instanceof CommanderError ? Math.min(error.exitCode * WRONG_USAGE, WRONG_USAGE) : failedWith(error);
}

function failedWith(error: unknown): number {
  say(`margay-verify: ${(error as Error).message}\n`);
  return error instanceof UsageError ? WRONG_USAGE : FAILED;
}
