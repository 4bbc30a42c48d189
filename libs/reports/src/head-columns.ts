import { csv, type Column } from './csv.ts';
import type { Report } from './report.ts';

/** A `summary.csv`: the window and the scope, then these columns, and of a revision at last what it is. */
export function summaryCsv(report: Report, columns: readonly Column<Report>[]): Iterable<string> {
  return csv(
    [...HEAD_COLUMNS, ...columns, ...(report.revision === undefined ? [] : REVISION_COLUMNS)],
    [report],
  );
}

const REVISION_COLUMNS: readonly Column<Report>[] = [
  ['revision', ({ revision = 1 }) => revision],
  ['supersedes', ({ supersedes = '' }) => supersedes],
];

/** The first seven columns of every summary: the window and the scope. */
const HEAD_COLUMNS: readonly Column<Report>[] = [
  ['startTime', (report) => report.startTime],
  ['endTime', (report) => report.endTime],
  ['endpointSelector', ({ reportSpec }) => reportSpec.endpoints?.selector ?? ''],
  ['namespaceNames', ({ reportSpec }) => reportSpec.endpoints?.namespaces?.names ?? []],
  ['namespaceSelector', ({ reportSpec }) => reportSpec.endpoints?.namespaces?.selector ?? ''],
  ['serviceAccountNames', ({ reportSpec }) => reportSpec.endpoints?.serviceAccounts?.names ?? []],
  ['serviceAccountSelectors', ({ reportSpec }) => reportSpec.endpoints?.serviceAccounts?.selector ?? ''],
];
