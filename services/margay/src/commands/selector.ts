import { createInterface } from 'node:readline';
import { jsonOf } from '@margay/ground';
import {
  labelsOfRecord,
  parseSelector,
  SelectorError,
  selectorReport,
  type SelectorReport,
} from '@margay/policy';
import { FAILED, say, write } from '@margay/terminal';
import { Command } from 'commander';
import { listOption } from '../options.ts';

/** `margay selector`: what a selector means, and whether it matches labels. */
export function selectorCommand(): Command {
  return new Command('selector')
    .argument(
      '[selector]',
      'a selector; without it, lines {"selector", "labels"} are read from standard input',
    )
    .option('--labels <labels>', 'labels to match against: a=b,c=d', listOption)
    .addHelpText(
      'after',
      `
For each line of standard input a line is written, in order:
  {"valid": true, "canonical": "…", "id": "s:…", "matches": true} or {"valid": false, "error": "…", "position": 4}

Examples:
  margay selector "app == 'web' && has(tier)" --labels app=web,tier=front
  margay selector < selectors.jsonl`,
    )
    .action(
      async (
        selector: string | undefined,
        { labels }: { labels?: string[] },
        command: Command & { exitCode?: number },
      ) => {
        if (selector === undefined) return judgeLines();
        const given = Object.fromEntries(
          (labels ?? []).map((label) => {
            const at = label.indexOf('=');
            return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)];
          }),
        );
        try {
          const parsed = parseSelector(selector);
          await write(`${parsed.canonical}\nid ${parsed.id}\n`);
          if (labels) {
            const matches = parsed.matches(labelsOfRecord(given));
            await write(`${matches ? 'matches' : 'does not match'} ${labels.join(', ')}\n`);
          }
        } catch (error) {
          if (!(error instanceof SelectorError)) throw error;
          say(`margay: ${error.message}\n${error.caret}\n`);
          command.exitCode = FAILED;
        }
      },
    );
}

async function judgeLines(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() !== '') await write(`${JSON.stringify(judge(line))}\n`);
  }
}

/** What a line asks for, judged; a line that asks for nothing is not valid. */
function judge(line: string): SelectorReport | { readonly valid: false; readonly error: string } {
  const read = jsonOf(line);
  if ('problem' in read) return { valid: false, error: `The line is not JSON: ${read.problem}` };
  const asked = read.value as { readonly selector?: unknown; readonly labels?: unknown } | null;
  if (typeof asked?.selector !== 'string') {
    return { valid: false, error: 'The line has no "selector" that is a text' };
  }
  const labels = typeof asked.labels === 'object' && asked.labels !== null ? asked.labels : {};
  return selectorReport(asked.selector, labels as Record<string, unknown>);
}
