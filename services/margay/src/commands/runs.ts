import { OPERATIONS, type Run } from '@margay/api-contract';
import { visible, write } from '@margay/terminal';
import { Command } from 'commander';
import { apiOption, askApi, OWN_API } from '../ask-api.ts';
import { tableText } from '../table.ts';
import { evidenceOfRun, lateWords, outputOption } from './reports.ts';

interface RunsOptions {
  readonly api?: string;
  readonly output: 'json' | 'table';
  readonly all?: true;
  readonly limit: string;
}

/** `margay runs`: runs of reports, newest window first. */
export function runsCommand(): Command {
  return new Command('runs')
    .argument('[name]', 'the GlobalReport; all unless given')
    .addOption(apiOption())
    .option('--all', 'also the reports that a later revision supersedes')
    .option('--limit <number>', 'how many', '25')
    .addOption(outputOption())
    .addHelpText('after', '\nWithout --api it asks the Margay that runs here, at http://127.0.0.1:8080.')
    .action(async (report: string | undefined, { api = OWN_API, output, all, limit }: RunsOptions) => {
      const query = { report, limit, ...(all && { revisions: 'all' }) };
      const answer = await askApi(api, OPERATIONS.runs, { query });
      const rows = () => [
        ['RUN', 'WINDOW ENDS', 'STATE', 'EVIDENCE', 'REVISION', 'CAME LATER'],
        ...answer.items.map(rowOf),
      ];
      await write(
        output === 'json' ? `${JSON.stringify(answer, undefined, 2)}\n` : visible(tableText(rows())),
      );
    });
}

const rowOf = (run: Run): string[] => [
  run.id,
  run.window.end,
  run.state,
  evidenceOfRun(run),
  `${run.revision}${run.supersededBy === null ? '' : ', superseded'}${run.unchanged ? ', unchanged' : ''}`,
  lateWords(run),
];
