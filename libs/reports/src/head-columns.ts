import type { Column } from './csv.ts';
import type { Report } from './report.ts';

/** The first seven columns of every summary: the window and the scope. */
export const HEAD_COLUMNS: readonly Column<Report>[] = [
  ['startTime', (report) => report.startTime],
  ['endTime', (report) => report.endTime],
  ['endpointSelector', ({ reportSpec }) => reportSpec.endpoints?.selector ?? ''],
  ['namespaceNames', ({ reportSpec }) => reportSpec.endpoints?.namespaces?.names ?? []],
  ['namespaceSelector', ({ reportSpec }) => reportSpec.endpoints?.namespaces?.selector ?? ''],
  ['serviceAccountNames', ({ reportSpec }) => reportSpec.endpoints?.serviceAccounts?.names ?? []],
  ['serviceAccountSelectors', ({ reportSpec }) => reportSpec.endpoints?.serviceAccounts?.selector ?? ''],
];
