import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { computeReport, REPORT_TYPES, type Report, toReportJson } from './index.ts';
import { FLOWS, POLICY_EVENTS, SCOPE, TOLD, WINDOW } from './testing/day.ts';
import { history } from './testing/history.ts';

const reports: Report[] = [...REPORT_TYPES.keys()].map((reportType) =>
  computeReport({
    name: `daily-${reportType}`,
    cluster: 'prod-1',
    spec: { reportType, endpoints: SCOPE, schedule: '0 0 * * *' },
    window: WINDOW,
    versions: history(TOLD),
    policyEvents: POLICY_EVENTS,
    flows: FLOWS,
  }),
);

const files = reports.flatMap((report) => {
  const type = REPORT_TYPES.get(report.reportTypeName)!;
  const text = (name: string, pieces: Iterable<string>) =>
    [`${type.name}/${name}`, [...pieces].join('')] as const;
  return [
    ...type.downloads.map(({ name, render }) => text(name, render(report))),
    text('report.json', toReportJson(report)),
    text('ui-summary.json', [JSON.stringify(type.uiSummary(report), undefined, 2), '\n']),
  ];
});

/** `GOLDEN=write vitest run libs/reports` writes them anew: look at what changed before you commit it. */
test.each(files)('%s is what is in testdata', (name, text) => {
  const file = new URL(`./testdata/${name}`, import.meta.url);
  if (process.env['GOLDEN'] === 'write') {
    mkdirSync(new URL('.', file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test('events are the same in JSON and in YAML, and empty lists are lists', () => {
  const type = REPORT_TYPES.get('policy-audit')!;
  const [, json, yaml] = type.downloads.map(
    ({ render }) =>
      (report: Report) =>
        [...render(report)].join(''),
  );
  const report = reports.find(({ reportTypeName }) => reportTypeName === 'policy-audit')!;
  expect(JSON.parse(json!(report))).toEqual(report.auditEvents);
  expect(load(yaml!(report))).toEqual(report.auditEvents);
  const empty = { ...report, auditEvents: [] };
  expect(JSON.parse(json!(empty))).toEqual([]);
  expect(load(yaml!(empty))).toEqual([]);
});
