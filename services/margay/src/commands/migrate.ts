import { readFileSync, writeFileSync } from 'node:fs';
import { FAILED, say, write } from '@margay/terminal';
import { Command, InvalidArgumentError } from 'commander';
import { rewriteManifests } from '../migrate/rewrite-manifests.ts';

/** The group that the chart gives GlobalReports beside Calico. */
const GROUP = 'margay.io';

/** `margay migrate`: manifests and roles for another API group. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .argument('[file...]', 'manifests as YAML or JSON; standard input unless given')
    .option('--group <group>', 'the API group that GlobalReports have', groupOption, GROUP)
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
        // All or nothing: a file that is wrong is found before another one is written.
        const read = (files.length > 0 ? files : ['-']).map((file) => rewritten(file, group));
        const problems = read.filter((one): one is string => typeof one === 'string');
        for (const problem of problems) say(`margay: ${problem}\n`);
        if (problems.length > 0) {
          command.exitCode = FAILED;
          return;
        }
        for (const [i, one] of read.entries()) {
          if (typeof one === 'string') continue;
          for (const changed of one.changed) say(`${files[i] ?? 'standard input'}: ${changed}\n`);
          const file = files[i];
          if (inPlace && file !== undefined) {
            if (one.changed.length > 0) writeFileSync(file, one.text);
          } else await write(i > 0 && !one.text.startsWith('---') ? `---\n${one.text}` : one.text);
        }
      },
    );
}

/** A file, rewritten; or what is wrong with it. */
function rewritten(file: string, group: string): ReturnType<typeof rewriteManifests> | string {
  const called = file === '-' ? 'standard input' : file;
  try {
    return rewriteManifests(readFileSync(file === '-' ? 0 : file, 'utf8'), group);
  } catch (error) {
    return `${called}: ${(error as Error).message}`;
  }
}

function groupOption(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/.test(text))
    throw new InvalidArgumentError('It is no API group: give a name like margay.io.');
  return text;
}
