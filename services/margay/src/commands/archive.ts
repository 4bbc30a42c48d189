import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { NoteProblem, readCheckpoint, type VerifierKey } from '@margay/ledger';
import { type ArchiveJudgement, checkArchive, type Resumed, type Trusted } from '@margay/storage';
import { FAILED, say, UsageError, visible, write } from '@margay/terminal';
import { keptBytes, keyOption, verifyCommand, Wrong } from '@margay/verify';
import { Command } from 'commander';
import { connectStores } from '../connections.ts';

interface Options extends Pick<Trusted, 'witnesses' | 'timestamps'> {
  readonly data?: string;
  readonly key?: VerifierKey[];
  readonly since?: string;
  readonly resume?: string;
}

/** `margay archive`: the archive of an installation as a whole. */
export function archiveCommand(): Command {
  return new Command('archive').addCommand(checkCommand());
}

/** `margay archive check`: whether everything in the archive is what was archived. */
function checkCommand(): Command {
  return new Command('check')
    .description('Look at every header, chain and row, and at the log of reports: only reads.')
    .option('--data <dir>', 'folder of margay up; the Elasticsearch of ELASTICSEARCH_URLS unless given')
    .option(
      '--key <key>',
      'the key that the log must be signed by; margay key prints it. Several may be given',
      keyOption,
    )
    .option('--since <file>', 'a checkpoint of the log that you kept: the log must go on from it')
    .option(
      '--resume <file>',
      'where it is kept which reports were found right: called again with it, their rows are not looked at, which is said; a file that nobody else may write',
    )
    .addHelpText(
      'after',
      `
Says what was changed, removed, reordered, truncated, replaced or forked, a line each, and what was shown and what was not. How far it
has come is told on standard error. Of a distributed installation it looks at the cluster CLUSTER_NAME.

Exit code 1 when anything is not what was archived, or it is not shown that the log goes on from the checkpoint that was kept.`,
    )
    .action(async (options: Options, command: Command & { exitCode?: number }) => {
      const { findings, isConfirmed } = await checkedWhole(options);
      if (findings.length > 0 || !isConfirmed) command.exitCode = FAILED;
    });
}

/** `margay verify`, which looks at whole archives too: of these not all is shown where no key of those that were given signed the log. */
export const verifyWithArchives = (): Command =>
  verifyCommand(async ({ data, keys, since, witnesses, timestamps }) => {
    const { findings, signedBy, isConfirmed } = await checkedWhole({
      key: [...keys],
      ...(witnesses && { witnesses }),
      ...(timestamps && { timestamps }),
      ...(data !== undefined && { data }),
      ...(since !== undefined && { since }),
    });
    const isOriginAsked = keys.length > 0 || since !== undefined;
    return findings.length === 0 && isConfirmed && (!isOriginAsked || signedBy.length > 0);
  });

/** Looks at a whole archive and says what was found, shown and not shown. */
async function checkedWhole(options: Options): Promise<ArchiveJudgement> {
  const trusted = trustedOf(options);
  const stores = await connectStores(options.data);
  try {
    const resumed = options.resume === undefined ? undefined : resumedFrom(options.resume);
    const judgement = await checkArchive(stores, trusted, { ...(resumed && { resumed }), progress: told() });
    // What is said may hold words of the store, and lines of their own are ours alone.
    for (const line of linesOf(judgement, options.resume))
      await write(`${visible(line.replaceAll(/\s+/g, ' '))}\n`);
    return judgement;
  } finally {
    await stores.close();
  }
}

function linesOf(judgement: ArchiveJudgement, resume: string | undefined): string[] {
  const { findings, shown, notShown, passedOver } = judgement;
  return [
    conclusionOf(judgement),
    ...findings.map(({ kind, words }) => `- ${kind}: ${words}`),
    ...shown.map((each) => `- shown: ${each}`),
    ...notShown.map((each) => `- not shown: ${each}`),
    ...(passedOver > 0
      ? [
          `- not shown: the rows of ${count(passedOver, 'report')}: they were not looked at now, since ${resume} says that an earlier check found them right`,
        ]
      : []),
  ];
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** Intact is what was looked at, whole and now. */
function conclusionOf({ findings, signedBy, isConfirmed, passedOver }: ArchiveJudgement): string {
  if (findings.length > 0) return `NOT INTACT: ${count(findings.length, 'finding')}`;
  const open = [
    ...(isConfirmed ? [] : ['; not all that was asked for is shown']),
    ...(passedOver > 0 ? [`; the rows of ${count(passedOver, 'report')} were not looked at now`] : []),
  ].join('');
  if (signedBy.length === 0) return `unsigned: consistent with itself, origin not shown${open}`;
  return `${open === '' ? 'intact: ' : ''}the archive that ${signedBy.join(' and ')} logged and signed${open}`;
}

/** @throws Error where the checkpoint cannot be read. */
function trustedOf({ key: keys = [], since: path, witnesses, timestamps }: Options): Trusted {
  if (keys.some(({ use }) => use !== 'log'))
    throw new UsageError('--key is the key of a witness: the one of the log is needed');
  const others = { ...(witnesses && { witnesses }), ...(timestamps && { timestamps }) };
  if (path === undefined) return { keys, ...others };
  let since: Uint8Array;
  try {
    since = keptBytes(readFileSync(path));
    readCheckpoint(since, keys);
  } catch (error) {
    if (!(error instanceof NoteProblem || error instanceof Wrong)) throw error;
    throw new Error(`Cannot take ${path} for a checkpoint that was kept: ${error.message}`, { cause: error });
  }
  return { keys, since, ...others };
}

/**
 * One digest a line, those of the reports that were found right: the last line may be cut, which is then none.
 *
 * @throws Error where others can have written it: what it says is not looked at.
 */
function resumedFrom(path: string): Resumed {
  requireOwn(path);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const done = new Set(text.split('\n').filter((line) => /^[0-9a-f]{64}$/.test(line)));
  // What follows a line that was cut begins one of its own.
  if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n');
  return {
    isDone: (digest) => done.has(digest),
    done: (digest) => appendFileSync(path, `${digest}\n`, { mode: 0o600 }),
  };
}

/** @throws Error where the file is another's, or others may write it. */
function requireOwn(path: string): void {
  // There modes and owners say nothing.
  if (process.platform === 'win32' || !existsSync(path)) return;
  const { mode, uid } = statSync(path);
  const who =
    uid !== process.getuid!() ? 'it is another user’s' : mode & 0o022 ? 'others than you may write it' : '';
  if (who !== '')
    throw new Error(
      `Cannot go by ${path}: ${who}, and what it says was found right is not looked at again: name another file, or where you know that nobody else wrote it make it your own (chown, chmod go-w)`,
    );
}

const SAY_MILLISECONDS = 1_000;

/** Says how far the check has come, once a second and at the end of each part. */
function told(): (what: string, done: number, of: number) => void {
  let said = -Infinity;
  return (what, done, of) => {
    const now = performance.now();
    if (done < of && now - said < SAY_MILLISECONDS) return;
    said = now;
    say(`margay: ${done} of ${of} ${what} looked at\n`);
  };
}
