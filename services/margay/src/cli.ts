import { DONE, FAILED, say, UsageError, WRONG_USAGE } from '@margay/terminal';
import { Command, CommanderError, Help } from 'commander';
import { COMMANDS, nameOf } from './commands.ts';

/**
 * Runs one command line and gives its exit code: 0 done, 1 failed, 2 wrong usage.
 *
 * Data goes to standard output, everything else to standard error.
 */
export async function run(args: readonly string[]): Promise<number> {
  // Only what is asked for is loaded.
  const version = args[0] === '--version' ? (await import('@margay/runtime')).VERSION : '';
  const program = new Command('margay')
    .description('Continuous compliance evidence for Kubernetes networks.')
    .version(version, '--version', 'print the version')
    .addHelpText(
      'after',
      `
Examples:
  margay up                                                  the recorded cluster, at http://127.0.0.1:8080
  margay up --cluster my-cluster --audit-log /var/log/kubernetes/audit.log --follow --reports ./reports
  margay report --type inventory --audit-log audit.log.gz --out ./report
  margay state --audit-log audit.log --at 2026-11-24T00:20:00Z -o table

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
    )
    .exitOverride()
    .showHelpAfterError('(run it with --help to see every option)');
  let code = DONE;
  // The commands that are not asked for are what the help says of them.
  const asked = args.find((word) => word !== 'help');
  for (const { use, about, load } of COMMANDS) {
    const name = nameOf(use);
    const command = name === asked ? (await load())() : new Command(name);
    program.addCommand(
      command
        .description(about)
        .exitOverride()
        .showHelpAfterError(`(margay ${name} --help shows every option)`),
    );
  }
  const uses = new Map(COMMANDS.map(({ use }) => [nameOf(use), use]));
  program.configureHelp({
    subcommandTerm: (command) => uses.get(command.name()) ?? new Help().subcommandTerm(command),
  });
  program.hook('postAction', (_, command) => {
    code = (command as Command & { exitCode?: number }).exitCode ?? DONE;
  });
  // A reader that has seen enough (margay … | head) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(DONE);
    throw new Error(`Standard output cannot be written: ${error.message}`, { cause: error });
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    return await failedWith(error);
  }
}

/** The same as this process: what nobody waited for and what nobody caught ends it in the same words. */
export async function runAsProcess(args: readonly string[]): Promise<void> {
  const end = (error: unknown) => void failedWith(error).then((code) => process.exit(code));
  process.on('uncaughtException', end).on('unhandledRejection', end);
  process.exitCode = await run(args);
}

/** Says why a command failed, in one line, and gives the exit code. */
async function failedWith(error: unknown): Promise<number> {
  const { reasonOf, stackOf } = await import('@margay/runtime');
  say(`margay: ${reasonOf(error)}\n`);
  if (error instanceof UsageError) return WRONG_USAGE;
  if (process.env['MARGAY_DEBUG'] && error instanceof Error) say(`${stackOf(error)}\n`);
  return FAILED;
}
