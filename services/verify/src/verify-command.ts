import {
  byHolder,
  NoKey,
  NoteProblem,
  readGrowth,
  readVerifierKey,
  type VerifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { FAILED, UsageError, visible, write } from '@margay/terminal';
import { type Authorities, readCertificates, TimestampProblem } from '@margay/timestamps';
import { Command } from 'commander';
import { type Asked, formOf, requireUsed } from './forms.ts';
import { judge } from './judge.ts';
import { judgePlace } from './judge-place.ts';
import { withTimestamp } from './judge-timestamp.ts';
import { type Judgement, type Trusted, WRONG } from './judgement.ts';
import { readBrought, readBytes } from './read-evidence.ts';
import { keptBytes, textIn } from './read-kept.ts';
import { Wrong } from './wrong.ts';

interface Options extends Partial<Asked> {
  readonly key?: VerifierKey[];
  readonly since?: string;
  readonly growth?: string;
  readonly witness?: VerifierKey[];
  readonly witnesses?: string;
  readonly timestampCa?: string;
  readonly archive?: string | true;
}

/** What looks at a whole archive, where there is somebody who reads its stores: gives whether all is what was archived. */
export type CheckWhole = (asked: {
  /** The folder; absent where variables say where it is. */
  readonly data?: string;
  readonly keys: readonly VerifierKey[];
  /** The file of a checkpoint that was kept. */
  readonly since?: string;
  /** So many of these must have seen the log as it is. */
  readonly witnesses?: NonNullable<Trusted['witnesses']>;
  /** One of these authorities must have seen the log as it is. */
  readonly timestamps?: Authorities;
}) => Promise<boolean>;

/** `margay verify`: whether an exported report, or with `checkWhole` a whole archive, is what was computed, and who says so. */
export function verifyCommand(checkWhole?: CheckWhole): Command {
  const command = new Command('verify');
  if (checkWhole !== undefined)
    command.option(
      '--archive [dir]',
      'instead of files: a whole archive, in a folder of margay up, or by the services’ settings in Elasticsearch',
    );
  return command
    .argument(
      checkWhole === undefined ? '<file...>' : '[file...]',
      'exported reports: report.json or evidence.zip; a PDF, or what is printed in it; - for standard input',
    )
    .option(
      '--key <key>',
      'the key of the log that they must be signed by, or of a witness; margay key prints it. Several may be given',
      keyOption,
    )
    .option(
      '--since <file>',
      'a checkpoint of that log that you kept, or a PDF with one: the log must go with it',
    )
    .option('--growth <file>', 'the proof that the newer of the two checkpoints goes on from the older one')
    .option(
      '--witness <key>',
      'the key of a witness that must have seen the log with the report in it. Several may be given',
      (text: string, before?: VerifierKey[]) => keyOption(text, before, '--witness'),
    )
    .option('--witnesses <n>', 'so many of them are enough; all unless given')
    .option(
      '--timestamp-ca <file>',
      'certificates (PEM) of authorities of timestamps: one of them must have seen the log with the report in it',
    )
    .addHelpText(
      'after',
      `
Without a key nothing shows where a report comes from, whatever stands with it: it may be consistent with itself and made up.
A PDF carries the proof that its report was logged, and its pages cannot be checked: that is shown of report.json and evidence.zip alone.
Exit code 1 for a PDF and for what is printed in one, when a report is not what it says, when a file that stands beside it is not shown to be made of it, or when what was asked for
with --key, --since, --witness or --timestamp-ca is not shown.`,
    )
    .action(async (paths: string[], options: Options, command: Command & { exitCode?: number }) => {
      const trusted = await trustedOf(options);
      if (options.archive !== undefined && checkWhole !== undefined) {
        if (!(await checkWhole(wholeOf(paths, options, trusted)))) command.exitCode = FAILED;
        return;
      }
      if (paths.length === 0) throw new UsageError("missing required argument 'file'");
      for (const path of paths) {
        const judgement = await judged(path, options, trusted);
        if (judgement.wrong !== undefined || !judgement.isAnswered) command.exitCode = FAILED;
        // What is said may hold words of the file, and lines of its own are ours alone.
        await write(
          linesOf(judgement, path)
            .map((line) => `${visible(line.replaceAll(/\s+/g, ' '))}\n`)
            .join(''),
        );
      }
    });
}

/** @throws UsageError for what is asked of files alone. */
function wholeOf(
  paths: readonly string[],
  options: Options,
  { witnesses, timestamps }: Trusted,
): Parameters<CheckWhole>[0] {
  const { archive, key: keys = [], since } = options;
  if (paths.length > 0)
    throw new UsageError('--archive takes no files: give the folder with it, as in --archive=DIR');
  requireUsed('archive', options);
  return {
    keys,
    ...(typeof archive === 'string' && { data: archive }),
    ...(since !== undefined && { since }),
    ...(witnesses && { witnesses }),
    ...(timestamps && { timestamps }),
  };
}

async function judged(path: string, options: Options, trusted: Trusted): Promise<Judgement> {
  try {
    const brought = await readBrought(path);
    requireUsed(formOf(brought), options);
    const judgement = 'kind' in brought ? judgePlace(brought, trusted) : judge(brought, trusted);
    return await withTimestamp(judgement, brought, trusted);
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof NoteProblem)) throw error;
    return { ...WRONG, shown: [], notShown: [], wrong: error.message };
  }
}

function linesOf(judgement: Judgement, path: string): string[] {
  const { shown, notShown, wrong } = judgement;
  if (wrong !== undefined) return [`${path}: NOT INTACT: ${wrong}`];
  return [
    `${path}: ${conclusionOf(judgement)}`,
    ...shown.map((each) => `- shown: ${each}`),
    ...notShown.map((each) => `- not shown: ${each}`),
  ];
}

function conclusionOf({ about, signedBy, isAnswered, doubtful }: Judgement): string {
  const by = signedBy.join(' and ');
  const rest = isAnswered ? '' : '; not all that was asked for is shown';
  if (about === 'entry')
    return by === ''
      ? 'unsigned: the proof in this PDF is consistent with itself, origin not shown, pages not looked at'
      : `logged: ${by} logged and signed the report that this PDF is said to be; pages not looked at`;
  if (about === 'checkpoint')
    return by === ''
      ? 'unsigned: a checkpoint, origin not shown'
      : `signed: a checkpoint of ${by}, no report${rest}`;
  if (signedBy.length === 0)
    return doubtful.length === 0
      ? 'unsigned: consistent with itself, origin not shown'
      : 'unsigned: report.json is consistent with itself, what stands beside it may not be of it, origin not shown';
  const report = `the report that ${by} logged and signed`;
  return isAnswered ? `intact: ${report}` : `${report}${rest}`;
}

async function trustedOf({
  key: given = [],
  since,
  growth,
  timestampCa,
  ...options
}: Options): Promise<Trusted> {
  const witnesses = witnessesOf(options);
  const keys = [...given, ...(options.witness ?? [])];
  if (growth !== undefined && since === undefined)
    throw new UsageError('--growth needs --since: which checkpoint did you keep?');
  return {
    keys,
    now: Date.now(),
    ...(witnesses && { witnesses }),
    ...(timestampCa !== undefined && {
      timestamps: await fileOf(timestampCa, (bytes) => readCertificates(textIn(bytes))),
    }),
    ...(since !== undefined && { since: await fileOf(since, keptBytes) }),
    ...(growth !== undefined && { growth: await fileOf(growth, (bytes) => readGrowth(textIn(bytes))) }),
  };
}

/** What a file is that somebody has beside what is checked. @throws Error that names it: of what is checked it says nothing. */
async function fileOf<T>(path: string, read: (bytes: Buffer) => T): Promise<T> {
  const bytes = await readBytes(path);
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof NoteProblem || error instanceof TimestampProblem || error instanceof Wrong))
      throw error;
    throw new Error(`Cannot read ${path}, so that nothing was checked: ${error.message}`, { cause: error });
  }
}

function witnessesOf({
  witness: given,
  witnesses: needed,
}: Pick<Options, 'witness' | 'witnesses'>): Trusted['witnesses'] {
  if (given === undefined) {
    if (needed !== undefined) throw new UsageError('--witnesses needs --witness: which of them?');
    return undefined;
  }
  const keys = [...new Map(given.map((key) => [verifierKeyText(key), key])).values()];
  if (keys.some(({ use }) => use !== 'witness'))
    throw new UsageError('--witness is the key of a log: one of a witness is needed');
  const { length: holders } = byHolder(keys);
  const count = needed === undefined ? holders : Number(needed);
  if (!Number.isInteger(count) || count < 1 || count > holders)
    throw new UsageError(
      `--witnesses must be from 1 to ${holders}, as so many keys were given; one key under several names is one`,
    );
  return { keys, needed: count };
}

/** What was given is not repeated: by mistake it is the key that signs. */
export function keyOption(text: string, before: VerifierKey[] = [], option = '--key'): VerifierKey[] {
  try {
    // No key has a space in it: where a mail broke the line, it is one all the same.
    return [...before, readVerifierKey(text.replaceAll(/\s+/g, ''))];
  } catch (error) {
    if (!(error instanceof NoKey)) throw error;
    throw new UsageError(`${option} is no key for checking: ${error.message}`);
  }
}
