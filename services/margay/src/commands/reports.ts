import { OPERATIONS, type GlobalReports, type Run } from '@margay/api-contract';
import { isLate } from '@margay/api';
import { evidenceGrade } from '@margay/reports';
import { visible, write } from '@margay/terminal';
import { Command, Option } from 'commander';
import { apiOption, askApi, OWN_API } from '../ask-api.ts';
import { tableText } from '../table.ts';

interface ReportsOptions {
  readonly api?: string;
  readonly output: 'json' | 'table';
}

/** `margay reports`: the GlobalReports, what is due next and what came last. */
export function reportsCommand(): Command {
  return new Command('reports')
    .addOption(apiOption())
    .addOption(outputOption())
    .addHelpText('after', '\nWithout --api it asks the Margay that runs here, at http://127.0.0.1:8080.')
    .action(async ({ api = OWN_API, output }: ReportsOptions) => {
      const answer = await askApi(api, OPERATIONS.globalReports);
      const rows = () => [
        ['NAME', 'TYPE', 'SCHEDULE', 'NEXT DUE', 'LAST', 'CAME LATER'],
        ...answer.items.map(rowOf),
      ];
      await write(
        output === 'json' ? `${JSON.stringify(answer, undefined, 2)}\n` : visible(tableText(rows())),
      );
    });
}

function rowOf({
  name,
  reportType,
  schedule,
  suspended,
  next,
  last,
}: GlobalReports['items'][number]): string[] {
  return [
    name,
    reportType,
    suspended ? `${schedule ?? ''} (suspended)` : (schedule ?? 'when asked'),
    next?.due ?? '-',
    last === null ? 'never ran' : lastWords(last),
    last === null ? '' : lateWords(last),
  ];
}

function lastWords(run: Run): string {
  const evidence = evidenceOfRun(run);
  return `${run.state}, to ${run.window.end}${evidence === '' ? '' : `, ${evidence}`}`;
}

/** What is known of a run's evidence, or that its report is not what was archived; empty where it has none. */
export function evidenceOfRun({ evidence, archiveProblem, digest }: Run): string {
  if (archiveProblem !== null)
    return digest === null ? 'CHANGED in the archive' : 'NOT IN THE ARCHIVE any more';
  return evidence === null ? '' : evidenceWords(evidence);
}

/** The grade, and whether it makes the evidence complete or something is left open. */
const evidenceWords = ({ grade, complete }: NonNullable<Run['evidence']>): string =>
  evidenceGrade({ grade, complete });

/** What came after the evidence of a run was read; empty where nothing did, or it is not known. */
export function lateWords({ late }: Run): string {
  return late !== null && isLate(late) ? late.words : '';
}

/** `-o`, for every command that prints tables for people and JSON for programs. */
export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how to print it').choices(['json', 'table']).default('table');
