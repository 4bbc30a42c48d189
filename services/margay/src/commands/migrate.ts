import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { OWN_GROUP } from '@margay/kubernetes';
import { YAML_LENGTH_MAX } from '@margay/reports';
import { FAILED, say, UsageError, write } from '@margay/terminal';
import { Command, InvalidArgumentError } from 'commander';
import { replaceFiles } from '../migrate/replace-files.ts';
import { rewriteManifests, type Rewritten } from '../migrate/rewrite-manifests.ts';

/** Four bytes for each character that may be read. */
const BYTES_MAX = 4 * YAML_LENGTH_MAX;

/** `margay migrate`: manifests and roles for another API group. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .argument('[file...]', 'manifests as YAML or JSON; standard input unless given')
    .option('--group <group>', 'the API group that GlobalReports have', groupOption, OWN_GROUP)
    .option('--write', 'write each file anew, instead of all to standard output')
    .addHelpText(
      'after',
      `
GlobalReports, GlobalReportTypes and the rules of roles about them are moved from projectcalico.org to the group; what is Calico's stays. What was
changed is said on standard error. Doing so again changes nothing.

Examples:
  margay migrate reports.yaml roles.yaml | kubectl apply -f -
  margay migrate --write reports/*.yaml
  kubectl get --raw /apis/projectcalico.org/v3/globalreports | margay migrate | kubectl apply -f -`,
    )
    .action(
      async (
        files: string[],
        { group, write: inPlace }: { group: string; write?: true },
        command: Command & { exitCode?: number },
      ) => {
        if (inPlace && files.includes('-'))
          throw new UsageError('--write is for files: standard input, -, cannot be written anew');
        // All or nothing: a file that is wrong is found before another one is written. One that is named twice is one.
        const named = inPlace ? new Set(files) : files;
        const read = [...(files.length > 0 ? named : ['-'])].map((file) => rewritten(file, group));
        const problems = read.filter((one): one is string => typeof one === 'string');
        for (const problem of problems) say(`margay: ${problem}\n`);
        if (problems.length > 0) {
          command.exitCode = FAILED;
          return;
        }
        const known = read.filter((one): one is Manifests => typeof one !== 'string');
        if (inPlace && files.length > 0) replaceFiles(known.filter(({ changed }) => changed.length > 0));
        else
          for (const [i, { text }] of known.entries())
            await write(i > 0 && !text.startsWith('---') ? `---\n${text}` : text);
        for (const { called, changed } of known) for (const one of changed) say(`${called}: ${one}\n`);
      },
    );
}

interface Manifests extends Rewritten {
  readonly file: string;
  readonly called: string;
  readonly before: Uint8Array;
}

/** A file, rewritten; or what is wrong with it. */
function rewritten(file: string, group: string): Manifests | string {
  const called = file === '-' ? 'standard input' : file;
  try {
    const before = readFileSync(file === '-' ? 0 : file);
    return { file, called, before, ...rewriteManifests(textOf(before), group) };
  } catch (error) {
    return `${called}: ${(error as Error).message}`;
  }
}

/** Bytes that are no UTF-8 could not be written as they were. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length > BYTES_MAX)
    throw new Error(`it has ${bytes.length} bytes, and more than ${BYTES_MAX} are not read`);
  if (!isUtf8(bytes)) throw new Error('it is no UTF-8, as manifests are: write it anew as that');
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function groupOption(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/.test(text))
    throw new InvalidArgumentError('It is no API group: give a name like margay.io.');
  return text;
}
